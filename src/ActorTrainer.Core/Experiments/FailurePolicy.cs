namespace ActorTrainer.Core.Experiments;

/// <summary>Whether a trainer that broke down is worth another generation.</summary>
public static class FailurePolicy
{
    /// <summary>Breakdowns without a checkpoint in between that are put up with.</summary>
    public const int Patience = 3;

    /// <param name="withoutProgress">Breakdowns since the last checkpoint was committed, this one included.</param>
    public static FailureDecision Decide(int withoutProgress) => withoutProgress < Patience ? FailureDecision.Restart : FailureDecision.GiveUp;
}

public enum FailureDecision { Restart, GiveUp }
