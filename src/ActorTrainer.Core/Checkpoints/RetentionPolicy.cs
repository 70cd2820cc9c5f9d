using System.Collections.Immutable;
using ActorTrainer.Core.Experiments;

namespace ActorTrainer.Core.Checkpoints;

/// <summary>Which checkpoints may go.</summary>
public static class RetentionPolicy
{
    /// <summary>A fall-back needs one behind the newest, whatever the settings say.</summary>
    public const int LeastKept = 2;

    /// <summary>
    /// The checkpoints to retire, oldest first. Never among them: the newest (<see cref="CheckpointSettings.KeepLast"/>, at least two), the best where
    /// it is to be kept, the one that the current generation began from, and what is leased.
    /// </summary>
    /// <param name="committed">What the journal counts and is not known to be damaged, in any order.</param>
    /// <param name="leased">In use by an evaluation, transfer, export or registry version.</param>
    public static ImmutableArray<CheckpointId> Retirable(
        IEnumerable<CheckpointId> committed, CheckpointSettings settings, CheckpointId? best, CheckpointId? generationStart, IEnumerable<CheckpointId> leased)
    {
        ImmutableHashSet<CheckpointId> kept = [.. leased];
        if (settings.KeepBest && best is { } b) kept = kept.Add(b);
        if (generationStart is { } start) kept = kept.Add(start);
        return [.. committed.Order().SkipLast(Math.Max(LeastKept, settings.KeepLast)).Where(id => !kept.Contains(id))];
    }
}
