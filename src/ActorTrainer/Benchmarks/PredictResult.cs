using System.Text.Json;
using ActorTrainer.Core;
using ActorTrainer.Core.Serving;

namespace ActorTrainer.Benchmarks;

/// <param name="Bare">Pictures a second in a loop of full batches.</param>
/// <param name="Batched">Pictures a second from clients who wait for each answer.</param>
/// <param name="Ratio">Round by round: below 1 the actors are slower.</param>
/// <param name="Closed">Of those clients.</param>
/// <param name="Open">Of pictures that come when they come, at <see cref="PredictBenchmark.OpenShare"/> of the bare loop's speed.</param>
/// <param name="Refused">Of those, how many found too many waiting: their answer came at once and says little.</param>
internal sealed record PredictResult(ServedModel Model, PredictLoad Load, BatchLimits Limits, Sample Bare, Sample Batched, Sample Ratio, Latencies Closed, Latencies Open, int Refused)
{
    private double BatchSeconds => Limits.Size / Bare.Median;

    /// <summary>What the slowest hundredth should stay within: the queue's delay, the batch that is on the device, and its own.</summary>
    private double Bound => Limits.Delay.TotalSeconds + 2 * BatchSeconds;

    public string ToJson() => JsonSerializer.Serialize(new
    {
        Peer = "actortrainer",
        Arch = Model.Description.Architecture,
        Batch = Limits.Size,
        Image = Model.Description.ImageSize,
        Model.Device.Threads,
        Load.Clients,
        ImagesPerS = Math.Round(Batched.Median, 1),
        Least = Math.Round(Batched.Least, 1),
        Most = Math.Round(Batched.Greatest, 1),
        BareImagesPerS = Math.Round(Bare.Median, 1),
        BatchedToBare = Math.Round(Ratio.Median, 4),
        BatchS = Math.Round(BatchSeconds, 5),
        ClosedP50S = Math.Round(Closed.Median, 5),
        ClosedP99S = Math.Round(Closed.P99, 5),
        OpenP50S = Math.Round(Open.Median, 5),
        OpenP99S = Math.Round(Open.P99, 5),
        Refused,
        BoundS = Math.Round(Bound, 5),
    }, CoreJson.Options);

    public override string ToString() => string.Join('\n',
        $"{Model.Description.Architecture}, {Model.Description.ImageSize} x {Model.Description.ImageSize} x {Model.Description.Channels}, {Model.Device.Threads} threads, {Load.Clients} clients, batches of at most {Limits.Size}, " +
            $"{Bare.Count} rounds of each in turns: median (least .. greatest)",
        $"pictures a second in a bare loop of full batches: {Bare.Text("0.0")}; a batch takes {1000 * BatchSeconds:0.0} ms",
        $"pictures a second batched as they come:           {Batched.Text("0.0")}; batched / bare {Ratio.Text("0.000")}",
        $"a request of these clients took {1000 * Closed.Median:0.0} ms, the slowest hundredth {1000 * Closed.P99:0.0} ms or more",
        $"at {PredictBenchmark.OpenShare:0 %} of the loop's speed, come when they may: {1000 * Open.Median:0.0} ms, the slowest hundredth {1000 * Open.P99:0.0} ms or more (delay and two batches: {1000 * Bound:0.0} ms); {Refused} refused");
}
