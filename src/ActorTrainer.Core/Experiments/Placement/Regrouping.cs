using ActorTrainer.Core.Training;

namespace ActorTrainer.Core.Experiments.Placement;

/// <summary>A state that a trainer holds intact in memory: where it stands, and the hash of all of it.</summary>
public sealed record LiveState(TrainingCursor Cursor, string Hash);

/// <summary>Where a generation begins.</summary>
/// <param name="Source">The checkpoint to load; null: the initial weights, or the state in memory.</param>
/// <param name="StateHash">Of the state in memory that training goes on from; null: everybody loads.</param>
/// <param name="Giver">The rank that gives that state to those who do not hold it; null: all do.</param>
/// <param name="Disagreement">For a person: trainers at one step held different states, and none of them was trusted.</param>
public sealed record GenerationStart(TrainingCursor From, CheckpointId? Source, string? StateHash, int? Giver = null, string? Disagreement = null)
{
    public bool IsLive => StateHash is not null;
}

/// <summary>
/// Decides where a new generation begins, from what its trainers hold in memory and the newest committed checkpoint. Nobody trusts a state that
/// another trainer at the same step does not hold bit for bit; nothing committed is lost; and no checkpoint that an evaluation is due for is skipped, since
/// the best rests on it.
/// </summary>
public static class Regrouping
{
    /// <param name="states">One a trainer, by rank; null where it holds none.</param>
    public static GenerationStart Decide(IReadOnlyList<LiveState?> states, CommittedCheckpoint? newest, TrainingPlan plan)
    {
        var checkpoint = new GenerationStart(newest?.Cursor ?? TrainingCursor.Start, newest?.Id, null);
        long ahead = states.Max(state => state?.Cursor.Step.Value) ?? 0;
        if (ahead <= checkpoint.From.Step.Value) return checkpoint;
        var holders = states.Where(state => state?.Cursor.Step.Value == ahead).Select(state => state!).ToList();
        if (holders.Select(state => state.Hash).Distinct().Count() > 1)
            return checkpoint with { Disagreement = $"the trainers' states after step {ahead} differ, so none of them is trusted" };
        if (HasMissed(checkpoint.From, holders[0].Cursor, plan)) return checkpoint;
        int? giver = holders.Count == states.Count ? null : Enumerable.Range(0, states.Count).First(rank => states[rank] == holders[0]);
        return new(holders[0].Cursor, null, holders[0].Hash, giver);
    }

    /// <summary>Whether an evaluation was due after <paramref name="from"/> and before <paramref name="to"/>; at <paramref name="to"/> its checkpoint can still be written.</summary>
    private static bool HasMissed(TrainingCursor from, TrainingCursor to, TrainingPlan plan)
    {
        // A phase ends with a checkpoint. One that ended early stands nowhere in the plan, but where it ended the next begins.
        bool endsPhase = to.Phase == from.Phase + 1 && to.StepInPhase == 0;
        if (to.Phase != from.Phase && !endsPhase) return true;
        for (var at = from; at.Step.Next < to.Step; at = at with { StepInPhase = at.StepInPhase + 1, Step = at.Step.Next })
        {
            if (plan.After(at).Evaluation) return true;
        }

        return false;
    }
}
