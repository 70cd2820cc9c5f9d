using System.Collections.Immutable;
using ActorTrainer.Core.Training;

namespace ActorTrainer.Core.Experiments.Placement;

/// <summary>A state that a trainer holds intact in memory: where it stands, and the hash of all of it.</summary>
public sealed record LiveState(TrainingCursor Cursor, string Hash);

/// <summary>Where a generation begins.</summary>
/// <param name="Source">The checkpoint to load; null: the initial weights, or the state in memory.</param>
/// <param name="StateHash">Of the state in memory that training goes on from; null: everybody loads.</param>
/// <param name="Disagreement">For a person: trainers at one step held different states, and none of them was trusted.</param>
public sealed record GenerationStart(TrainingCursor From, CheckpointId? Source, string? StateHash, string? Disagreement = null)
{
    public bool IsLive => StateHash is not null;
}

/// <summary>
/// Decides where a new generation begins, from what its trainers hold in memory and the newest committed checkpoint. Nobody trusts a state that
/// another trainer at the same step does not hold bit for bit, and nothing committed is ever lost.
/// </summary>
public static class Regrouping
{
    /// <param name="states">One a trainer; null where it holds none.</param>
    public static GenerationStart Decide(IReadOnlyList<LiveState?> states, CommittedCheckpoint? newest)
    {
        var checkpoint = new GenerationStart(newest?.Cursor ?? TrainingCursor.Start, newest?.Id, null);
        if (states.Count == 0 || states.Any(state => state is null)) return checkpoint;
        long ahead = states.Max(state => state!.Cursor.Step.Value);
        var hashes = states.Where(state => state!.Cursor.Step.Value == ahead).Select(state => state!.Hash).Distinct().ToImmutableArray();
        if (hashes.Length > 1)
            return checkpoint with { Disagreement = $"the trainers' states after step {ahead} differ, so none of them is trusted" };
        // A trainer that is a step behind (its peers' exchange completed and its own did not) would have to be given the state: all load instead.
        if (ahead <= checkpoint.From.Step.Value || states.Any(state => state!.Cursor.Step.Value != ahead)) return checkpoint;
        return new(states[0]!.Cursor, null, hashes[0]);
    }
}
