using System.Collections.Immutable;
using ActorTrainer.Core.Gradients;

namespace ActorTrainer.Core.Experiments.Placement;

/// <summary>What a <see cref="Conductor"/> wants done, in this order. Whoever drives it knows the journal, the crew, the store and the trainers.</summary>
public abstract record ConductorEffect
{
    /// <summary>
    /// Journal these; after each was journalled, and not before, <see cref="Conductor.Apply"/> it; then do what <paramref name="Then"/> returns. No input
    /// comes in between. Where the journal refuses, the conductor is thrown away, and another begins from what is in the journal.
    /// </summary>
    public sealed record Journal(ImmutableArray<IExperimentEvent> Events, Func<IReadOnlyList<ConductorEffect>> Then) : ConductorEffect;

    /// <summary>Stop without a trace: the journal is this coordinator's now.</summary>
    public sealed record GiveWay(string To) : ConductorEffect;

    /// <summary>Where are these nodes? Answered by <see cref="Conductor.Found"/>.</summary>
    public sealed record FindNodes(ImmutableArray<string> Names) : ConductorEffect;

    /// <summary>Look at the store. Answered by <see cref="Conductor.Surveyed"/>, with this number.</summary>
    public sealed record Survey(int Number) : ConductorEffect;

    /// <summary>From <paramref name="Min"/> to <paramref name="Max"/> nodes to train at. Answered by <see cref="Conductor.Granted"/>.</summary>
    public sealed record RequestSeats(int Min, int Max) : ConductorEffect;

    /// <summary>The experiment trains at this node no more.</summary>
    public sealed record CloseSeat(string Node) : ConductorEffect;

    /// <summary>To the crew: no seat is needed any more.</summary>
    public sealed record ReleaseSeats : ConductorEffect;

    /// <summary>To the crew: this seat did not do.</summary>
    public sealed record Doubt(string Node, string Reason) : ConductorEffect;

    /// <summary>Lead this generation by a <see cref="GenerationLead"/>; only the newest such is listened to.</summary>
    public sealed record Lead(Generation Generation, ImmutableArray<SeatPlace> Seats, bool Attach) : ConductorEffect;

    /// <summary>To the generation: it is journalled, train.</summary>
    public sealed record Begin(GenerationStart Start) : ConductorEffect;

    /// <summary>To the generation: of all its trainers.</summary>
    public sealed record RequestAfterStep(StepRequest Request) : ConductorEffect;

    /// <summary>The generation is over: who leads it stops.</summary>
    public sealed record EndGeneration : ConductorEffect;

    /// <summary>Files that count for nothing.</summary>
    public sealed record Delete(CheckpointId Id) : ConductorEffect;

    /// <summary>Nobody writes in generations before this one any more: what unfinished writes and deletes of them left can go.</summary>
    public sealed record Sweep(Generation Before) : ConductorEffect;

    /// <summary>It is journalled as retired: its files can go.</summary>
    public sealed record Retired(CheckpointId Id) : ConductorEffect;

    /// <summary>The journal's rows are what counts: write what is kept beside it anew.</summary>
    public sealed record RewriteEvaluations : ConductorEffect;

    /// <summary>Checkpoints may await their evaluation.</summary>
    public sealed record Evaluate : ConductorEffect;

    /// <summary>A checkpoint counts now.</summary>
    public sealed record Committed : ConductorEffect;

    /// <summary>The last step is committed.</summary>
    public sealed record Trained : ConductorEffect;

    /// <summary>What comes after training is due.</summary>
    public sealed record Finish : ConductorEffect;

    /// <summary>For the log.</summary>
    public sealed record Report(string Text, bool IsBad) : ConductorEffect;

    /// <summary>It will do nothing more.</summary>
    public sealed record End : ConductorEffect;
}
