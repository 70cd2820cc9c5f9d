using System.Collections.Immutable;
using System.Diagnostics;
using System.Text.Json;
using ActorTrainer.Core;
using ActorTrainer.Core.Data;
using ActorTrainer.Core.Training;
using ActorTrainer.Data.Inspection;

namespace ActorTrainer.Benchmarks;

/// <summary>
/// Times the way from files to batches: decode, random resized crop to 224 x 224, flip, shuffled, 64 at a time. Pixels stay bytes, as they do until they are
/// on the device; the peer's figure has normalisation in it. Beside it, on as many threads and in turns with it: reading and decoding whole pictures, and nothing else.
/// </summary>
internal static class LoaderBenchmark
{
    private const int Size = 224, Batch = 64, UnderWay = 4;
    private const ulong Seed = 1;

    /// <param name="epochs">The first does not count.</param>
    public static async Task<LoaderTimings> RunAsync(IDataReader reader, IDataSet data, int threads, PictureDecoding decode, int epochs, CancellationToken cancel)
    {
        ImmutableArray<ImageTransform> transforms = [new ImageTransform.RandomResizedCrop(Size, 0.08, 1, 3.0 / 4, 4.0 / 3), new ImageTransform.HorizontalFlip(0.5)];
        using var source = reader.OpenBatches(data, new(transforms, 3, Size, Rgb.White, CorruptFilePolicy.Fail, [], Seed, threads) { Decode = decode });
        var plan = new EpochPlan(Seed, [.. Enumerable.Range(0, data.Manifest.Samples.Length)], Batch, LastBatch.Keep);
        var (loader, decoding) = (new List<Pass>(), new List<Pass>());
        for (int epoch = 0; epoch < epochs; epoch++)
        {
            loader.Add(await Pass.OfAsync(plan.Samples.Length, () => EpochAsync(source, plan, epoch, cancel)).ConfigureAwait(false));
            decoding.Add(await Pass.OfAsync(plan.Samples.Length, () => Task.Run(() => FullCheck.Run(data, null, cancel, threads), cancel)).ConfigureAwait(false));
        }

        return new(threads, decode, data.Manifest.Samples.Length, Sample.Of(loader.Skip(1).Select(pass => pass.ImagesPerSecond)),
            Sample.Of(loader.Skip(1).Select(pass => pass.CpuMilliseconds)), Sample.Of(decoding.Skip(1).Select(pass => pass.ImagesPerSecond)),
            Sample.Of(decoding.Skip(1).Select(pass => pass.CpuMilliseconds)));
    }

    private static async Task EpochAsync(IBatchSource source, EpochPlan plan, int epoch, CancellationToken cancel)
    {
        var ahead = new Queue<Task<HostBatch>>();
        for (int step = 0; step < plan.StepsPerEpoch + UnderWay; step++)
        {
            if (step < plan.StepsPerEpoch) ahead.Enqueue(source.LoadAsync(new(step, epoch, plan.Batch(epoch, step)), cancel));
            if (step >= UnderWay) (await ahead.Dequeue().ConfigureAwait(false)).Dispose();
        }
    }

    /// <param name="CpuMilliseconds">Of all threads of the process, an image: what a busy machine does not change.</param>
    private readonly record struct Pass(double ImagesPerSecond, double CpuMilliseconds)
    {
        public static async Task<Pass> OfAsync(int images, Func<Task> work)
        {
            var (began, cpu) = (Stopwatch.GetTimestamp(), Environment.CpuUsage.TotalTime);
            await work().ConfigureAwait(false);
            return new(images / Stopwatch.GetElapsedTime(began).TotalSeconds, (Environment.CpuUsage.TotalTime - cpu).TotalMilliseconds / images);
        }
    }
}

/// <summary>Named as the peers name it.</summary>
/// <param name="CpuMilliseconds">Processor time an image.</param>
/// <param name="DecodedPerSecond">Whole pictures, decoded exactly, without transforms and batches.</param>
internal sealed record LoaderTimings(
    int Threads, PictureDecoding Decode, int Samples, Sample ImagesPerSecond, Sample CpuMilliseconds, Sample DecodedPerSecond, Sample DecodedCpuMilliseconds)
{
    public string ToJson() => JsonSerializer.Serialize(new
    {
        Peer = "actortrainer",
        Workers = Threads,
        Decode,
        ImagesPerS = Math.Round(ImagesPerSecond.Median, 1),
        Least = Math.Round(ImagesPerSecond.Least, 1),
        Most = Math.Round(ImagesPerSecond.Greatest, 1),
        CpuMs = Math.Round(CpuMilliseconds.Median, 3),
        DecodeOnlyPerS = Math.Round(DecodedPerSecond.Median, 1),
        DecodeOnlyCpuMs = Math.Round(DecodedCpuMilliseconds.Median, 3),
    }, CoreJson.Options);

    public override string ToString() =>
        $"{Samples} pictures, {Decode.ToString().ToLowerInvariant()}, {Threads} threads: {ImagesPerSecond.Text("0")} images/s, {CpuMilliseconds.Median:0.00} ms of processor time each ({ImagesPerSecond.Count} epochs); " +
        $"decoding alone: {DecodedPerSecond.Text("0")} images/s, {DecodedCpuMilliseconds.Median:0.00} ms";
}
