using System.Collections.Immutable;
using System.Diagnostics;
using System.Text.Json;
using ActorTrainer.Core;
using ActorTrainer.Core.Gradients;
using ActorTrainer.Core.Training;

namespace ActorTrainer.Benchmarks;

/// <summary>Times training steps on pictures that stand ready in memory: forward, backward and update, nothing else.</summary>
internal static class StepBenchmark
{
    private const int Uncounted = 2;

    /// <param name="steps">The first two do not count.</param>
    public static StepTimings Run(IEngine engine, Workload workload, int steps)
    {
        var batches = new ReadyBatches(workload);
        using var session = engine.OpenTraining(workload.Job, NoWeights.Instance);
        session.Begin(TrainingCursor.Start, null);
        var cursor = TrainingCursor.Start;
        var seconds = ImmutableArray.CreateBuilder<double>(steps);
        var losses = ImmutableArray.CreateBuilder<double>(steps);
        var exchange = new LocalExchange();
        for (int step = 0; step < steps; step++, cursor = workload.Plan.Advance(cursor))
        {
            var at = workload.Plan.Coordinates(cursor);
            using var batch = batches.Batch(workload.Plan.Batch(cursor));
            long began = Stopwatch.GetTimestamp();
            losses.Add(session.Apply(exchange.Exchange(session.Compute(batch, at, ShardRange.All(1))), at).Loss);
            seconds.Add(Stopwatch.GetElapsedTime(began).TotalSeconds);
        }

        return new(workload, Sample.Of(seconds.Skip(Uncounted)), losses.MoveToImmutable());
    }
}

/// <summary>Named as the peers name it.</summary>
internal sealed record StepTimings(Workload Workload, Sample Seconds, ImmutableArray<double> Losses)
{
    private string On => Workload.Job.Device.Kind == DeviceKind.Cpu ? $"{Workload.Threads} threads" : "GPU";

    private string Mode => Workload.Precision.ToString().ToLowerInvariant();

    public string ToJson() => JsonSerializer.Serialize(new
    {
        Peer = "actortrainer",
        Arch = Workload.Architecture,
        Batch = Workload.BatchSize,
        Image = Workload.ImageSize,
        Workload.Threads,
        Mode,
        Device = Workload.Job.Device.Kind,
        StepS = Math.Round(Seconds.Median, 4),
        ImagesPerS = Math.Round(Workload.BatchSize / Seconds.Median, 2),
        Least = Math.Round(Seconds.Least, 4),
        Most = Math.Round(Seconds.Greatest, 4),
        Losses,
    }, CoreJson.Options);

    public override string ToString() =>
        $"{Workload.Architecture}, batch {Workload.BatchSize}, {Workload.ImageSize} x {Workload.ImageSize}, {Mode}, {On}: {Workload.BatchSize / Seconds.Median:0.0} images/s, "
        + $"{Seconds.Median * 1e3:0} ms a step ({Seconds.Least * 1e3:0} .. {Seconds.Greatest * 1e3:0}, {Seconds.Count} steps)";
}
