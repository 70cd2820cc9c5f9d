using System.Text.Json.Serialization;
using ActorTrainer.Core.Experiments;
using ActorTrainer.Core.Training;
using ActorTrainer.Transport.Training;

namespace ActorTrainer.Journal;

/// <summary>Where the time of a run's last steps went, and what bounds it. Serialised as it stands for --json.</summary>
/// <param name="Steps">Over which the mean is taken.</param>
/// <param name="Ms">A step's mean.</param>
/// <param name="BoundBy">What would have to be faster.</param>
internal sealed record TimeShares(int Steps, StepTimes Ms, string BoundBy)
{
    private const int Window = 1000;

    /// <summary>Null where no step has been timed.</summary>
    public static TimeShares? Of(RunFolder folder) =>
        StepLog.ReadLast(folder.Metrics) is { } last ? Of([.. StepLog.Read(folder.Metrics, after: new(Math.Max(0, last.Step.Value - Window)))]) : null;

    /// <summary>Of the last steps among these.</summary>
    public static TimeShares? Of(IReadOnlyList<StepRecord> steps)
    {
        var window = steps.Skip(Math.Max(0, steps.Count - Window)).Select(step => step.Ms).Where(ms => ms.Total > 0).ToList();
        return StepTimes.Mean(window) is { } mean ? new(window.Count, mean, Bound(mean)) : null;
    }

    /// <summary>A step's parts, one after the other; decoding goes on beside them.</summary>
    [JsonIgnore]
    public IEnumerable<(string Name, double Ms, double Share)> Parts =>
        new[] { ("wait", Ms.Wait), ("forward", Ms.Forward), ("backward", Ms.Backward), ("exchange", Ms.Exchange), ("update", Ms.Update), ("save", Ms.Save) }
            .Select(part => (part.Item1, part.Item2, part.Item2 / Ms.Total));

    private static string Bound(StepTimes ms)
    {
        double compute = ms.Forward + ms.Backward + ms.Update;
        return (ms.Wait, ms.Exchange, ms.Save) switch
        {
            var (wait, exchange, save) when compute >= Math.Max(wait, Math.Max(exchange, save)) => "the model's own arithmetic",
            var (wait, exchange, save) when wait >= Math.Max(exchange, save) => ms.Decode > wait
                ? "decoding: more data.loader-threads, a faster disk or smaller pictures would help"
                : "waiting, and not for pictures: for an evaluation on the same device, or a verdict",
            var (_, exchange, save) when exchange >= save => "the exchange with other trainers: a faster network, a larger batch or fewer trainers would help",
            _ => "saving: a larger checkpoint.every-steps or a faster disk would help",
        };
    }
}
