namespace ActorTrainer.Core.Training;

/// <summary>
/// At a trainer, early stopping's verdicts: before the first step of an epoch, the one on the epoch before the last must be there.
/// <code>
///   (none) --IsMissing--> asked --Take--> there (until the next is asked for)
/// </code>
/// </summary>
internal sealed class VerdictTurns(TrainingPlan plan)
{
    private (int Phase, int EpochsDone)? _asked, _got;

    /// <summary>A generation begins: whoever resumes from a boundary asks again.</summary>
    public void Begin() => (_asked, _got) = (null, null);

    /// <summary>Whether the step at <paramref name="cursor"/> has to wait.</summary>
    /// <param name="isNew">It has not been asked for yet, and is to be now.</param>
    public bool IsMissing(TrainingCursor cursor, out bool isNew)
    {
        isNew = false;
        if (!plan.NeedsVerdict(cursor)) return false;
        var wanted = (cursor.Phase, plan.EpochsDone(cursor));
        if (_got == wanted) return false;
        isNew = _asked != wanted;
        _asked = wanted;
        return true;
    }

    /// <summary>Whether it is still waited for.</summary>
    public bool IsWanted(int phase, int epochsDone) => _asked == (phase, epochsDone) && _got != _asked;

    /// <summary>False: nobody waits for it. Asked for twice, it is answered twice.</summary>
    public bool Take(int phase, int epochsDone)
    {
        if (!IsWanted(phase, epochsDone)) return false;
        _got = _asked;
        return true;
    }
}
