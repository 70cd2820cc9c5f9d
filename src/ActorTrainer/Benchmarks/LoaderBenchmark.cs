using System.Collections.Immutable;
using System.Diagnostics;
using System.Text.Json;
using ActorTrainer.Core;
using ActorTrainer.Core.Data;
using ActorTrainer.Core.Training;

namespace ActorTrainer.Benchmarks;

/// <summary>
/// Times the way from files to batches: decode, random resized crop to 224 x 224, flip, shuffled, 64 at a time. Pixels stay bytes, as they do until they are
/// on the device; the peer's figure has normalisation in it.
/// </summary>
internal static class LoaderBenchmark
{
    private const int Size = 224, Batch = 64, UnderWay = 4;
    private const ulong Seed = 1;

    /// <param name="epochs">The first does not count.</param>
    public static async Task<LoaderTimings> RunAsync(IDataReader reader, IDataSet data, int threads, int epochs, CancellationToken cancel)
    {
        ImmutableArray<ImageTransform> transforms = [new ImageTransform.RandomResizedCrop(Size, 0.08, 1, 3.0 / 4, 4.0 / 3), new ImageTransform.HorizontalFlip(0.5)];
        using var source = reader.OpenBatches(data, new(transforms, 3, Size, Rgb.White, CorruptFilePolicy.Fail, [], Seed, threads));
        var plan = new EpochPlan(Seed, [.. Enumerable.Range(0, data.Manifest.Samples.Length)], Batch, LastBatch.Keep);
        var rates = new List<double>();
        for (int epoch = 0; epoch < epochs; epoch++)
        {
            long began = Stopwatch.GetTimestamp();
            var ahead = new Queue<Task<HostBatch>>();
            for (int step = 0; step < plan.StepsPerEpoch + UnderWay; step++)
            {
                if (step < plan.StepsPerEpoch) ahead.Enqueue(source.LoadAsync(new(step, epoch, plan.Batch(epoch, step)), cancel));
                if (step >= UnderWay) (await ahead.Dequeue().ConfigureAwait(false)).Dispose();
            }

            rates.Add(plan.Samples.Length / Stopwatch.GetElapsedTime(began).TotalSeconds);
        }

        return new(threads, data.Manifest.Samples.Length, Sample.Of(rates.Skip(1)));
    }
}

/// <summary>Named as the peers name it.</summary>
internal sealed record LoaderTimings(int Threads, int Samples, Sample ImagesPerSecond)
{
    public string ToJson() => JsonSerializer.Serialize(new
    {
        Peer = "actortrainer",
        Workers = Threads,
        ImagesPerS = Math.Round(ImagesPerSecond.Median, 1),
        Least = Math.Round(ImagesPerSecond.Least, 1),
        Most = Math.Round(ImagesPerSecond.Greatest, 1),
    }, CoreJson.Options);

    public override string ToString() =>
        $"{Samples} pictures, {Threads} threads: {ImagesPerSecond.Median:0} images/s ({ImagesPerSecond.Least:0} .. {ImagesPerSecond.Greatest:0}, {ImagesPerSecond.Count} epochs)";
}
