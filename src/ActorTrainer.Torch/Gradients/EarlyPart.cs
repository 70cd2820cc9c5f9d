using System.Collections.Immutable;
using ActorTrainer.Core.Gradients;

namespace ActorTrainer.Torch.Gradients;

/// <summary>What is complete of the sums when the way back comes to the model's seam, and what is not.</summary>
internal sealed class EarlyPart
{
    /// <summary>A megabyte travels 0.8 ms at 10 Gbit/s; for less, a round trip of its own is not worth it. Chosen, not measured.</summary>
    private const int FewestBytes = 1 << 20;

    private EarlyPart(FlatPart first, FlatPart rest, VectorPart bytes) => (First, Rest, Bytes) = (first, rest, bytes);

    public FlatPart First { get; }

    public FlatPart Rest { get; }

    /// <summary>Of the first, in what is handed out.</summary>
    public VectorPart Bytes { get; }

    /// <summary>Null: too little would be early, or nothing would be left.</summary>
    /// <param name="isBehindSeam">Of a parameter's name. Statistics are complete after the way forward.</param>
    /// <param name="rounds">Whether gradients are handed out in bf16.</param>
    public static EarlyPart? Of(FlatLayout layout, Func<string, bool> isBehindSeam, int elementBytes, bool rounds)
    {
        var (early, late) = (Runs(true), Runs(false));
        var first = new FlatPart(layout.StatisticElements == 0 ? early : Join([.. early, (layout.ParameterElements, layout.StatisticElements)]));
        var bytes = new VectorPart(first.Runs.SelectMany(run => BytesOf(run)));
        return late.IsEmpty || bytes.Bytes < FewestBytes ? null : new(first, new(late), bytes);

        ImmutableArray<(long Offset, long Count)> Runs(bool behind) => Join(layout.Parameters.Select((slot, i) =>
                (Slot: slot, End: i + 1 < layout.Parameters.Length ? layout.Parameters[i + 1].Offset : layout.ParameterElements))
            .Where(place => isBehindSeam(place.Slot.Name) == behind).Select(place => (place.Slot.Offset, place.End - place.Slot.Offset)));

        IEnumerable<(int, int)> BytesOf((long Offset, long Count) run)
        {
            if (!rounds)
            {
                yield return (checked((int)(run.Offset * elementBytes)), checked((int)(run.Count * elementBytes)));
                yield break;
            }

            // Gradients in bf16, and behind them the statistics as they are.
            long gradients = Math.Clamp(layout.ParameterElements - run.Offset, 0, run.Count), statistics = run.Count - gradients;
            if (gradients > 0) yield return ((int)run.Offset * sizeof(ushort), (int)gradients * sizeof(ushort));
            if (statistics > 0)
                yield return ((int)((layout.ParameterElements * sizeof(ushort)) + ((run.Offset + gradients - layout.ParameterElements) * elementBytes)), (int)statistics * elementBytes);
        }
    }

    private static ImmutableArray<(long Offset, long Count)> Join(IEnumerable<(long Offset, long Count)> runs)
    {
        var joined = ImmutableArray.CreateBuilder<(long Offset, long Count)>();
        foreach (var run in runs)
        {
            if (joined.Count > 0 && joined[^1].Offset + joined[^1].Count == run.Offset) joined[^1] = (joined[^1].Offset, joined[^1].Count + run.Count);
            else joined.Add(run);
        }

        return joined.ToImmutable();
    }
}
