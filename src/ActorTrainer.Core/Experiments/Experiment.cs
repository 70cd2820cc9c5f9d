using System.Collections.Immutable;
using ActorTrainer.Core.Evaluation;
using ActorTrainer.Core.Training;
using static ActorTrainer.Core.Experiments.ExperimentEvents;

namespace ActorTrainer.Core.Experiments;

public enum ExperimentStatus { Queued, Running, Paused, Evaluating, Completed, Failed, Cancelled }

/// <summary>A checkpoint the journal counts.</summary>
public sealed record CommittedCheckpoint(CheckpointId Id, TrainingCursor Cursor, string Sha256, long Bytes, StepDue Due);

public sealed record TestResult(CheckpointId Checkpoint, EvaluationMetrics Metrics);

/// <summary>A file left out, of the set "train", "validation" or "test".</summary>
public sealed record ExcludedSample(string Set, string Path, string Reason);

/// <summary>
/// The state of an experiment: nothing but the fold of its events.
/// <code>
///   (nothing) --created--> Queued --generation started--> Running --training finished--> Evaluating --completed--> Completed
///   Running | Evaluating --paused--> Paused        Queued | Running | Evaluating --failed--> Failed
///   any of these --generation started--> Running   (a new start resumes; a completed one whose last checkpoint is lost trains again)
///   any but Completed --cancelled--> Cancelled
/// </code>
/// </summary>
public sealed record Experiment
{
    public required ExperimentDefinition Definition { get; init; }
    public ExperimentStatus Status { get; init; }
    public DateTimeOffset CreatedAt { get; init; }
    public DateTimeOffset UpdatedAt { get; init; }
    public Generation Generation { get; init; }
    /// <summary>Where the newest generation began.</summary>
    public TrainingCursor From { get; init; }
    public CheckpointId? StartedFrom { get; init; }
    public int Trainers { get; init; }
    /// <summary>Of the newest generation, by rank.</summary>
    public ImmutableArray<SeatPlace> Seats { get; init; } = [];
    /// <summary>By step, then generation: the last is the newest.</summary>
    public ImmutableArray<CommittedCheckpoint> Checkpoints { get; init; } = [];
    /// <summary>One a step, by step.</summary>
    public ImmutableArray<EvaluationRow> Evaluations { get; init; } = [];
    public ImmutableArray<(int Phase, int AtEpoch)> StoppedPhases { get; init; } = [];
    public ImmutableArray<ExcludedSample> Excluded { get; init; } = [];
    public TestResult? Test { get; init; }
    /// <summary>The last step of training, once it is committed.</summary>
    public StepNumber? FinishedAt { get; init; }
    public string? Digest { get; init; }
    public string? Failure { get; init; }
    /// <summary>How often it has come to an end or a pause. It may have gone on since.</summary>
    public int Ends { get; init; }

    public CommittedCheckpoint? Newest => Checkpoints.IsEmpty ? null : Checkpoints[^1];

    /// <summary>Nobody trains it, and it could go on.</summary>
    public bool Rests => Status is ExperimentStatus.Paused or ExperimentStatus.Failed;

    /// <summary>Nothing is left to train: the newest checkpoint is the last step's.</summary>
    public bool IsTrained => FinishedAt is { } step && Newest?.Id.Step == step;

    /// <summary>Evaluated checkpoints whose row is still missing.</summary>
    public IEnumerable<CommittedCheckpoint> AwaitingEvaluation =>
        Checkpoints.Where(c => c.Due.Evaluation && HasValidation(c) && !Evaluations.Any(row => row.Step == c.Id.Step));

    /// <summary>The rows that best and early stopping are judged by: those of a phase.</summary>
    public IEnumerable<EvaluationRow> RowsOf(int phase) => Evaluations.Where(row => row.Phase == phase);

    /// <summary>The best of the last phase's checkpoints; without validation the newest checkpoint's step.</summary>
    public StepNumber? BestStep =>
        BestCheckpoint.Of(RowsOf(Definition.Phases.Length - 1))?.Step ?? (LastPhaseHasValidation ? null : Newest?.Id.Step);

    public CommittedCheckpoint? Best => BestStep is { } step ? Checkpoints.LastOrDefault(c => c.Id.Step == step) : null;

    private bool LastPhaseHasValidation => Definition.Phases[^1].Validation is not null;

    /// <summary>The phase a checkpoint's last step belonged to (its cursor may already stand in the next).</summary>
    public static int PhaseOf(TrainingCursor cursor) => cursor.StepInPhase == 0 && cursor.Phase > 0 ? cursor.Phase - 1 : cursor.Phase;

    private bool HasValidation(CommittedCheckpoint checkpoint) => Definition.Phases[PhaseOf(checkpoint.Cursor)].Validation is not null;

    /// <summary>Folds a whole history; null for an empty one.</summary>
    public static Experiment? Of(IEnumerable<IExperimentEvent> events) => events.Aggregate((Experiment?)null, Apply);

    /// <summary>Pure and total: throws on an event it does not know or that can't follow.</summary>
    public static Experiment Apply(Experiment? state, IExperimentEvent happened)
    {
        if (happened is ExperimentCreated created)
        {
            return state is null
                ? new() { Definition = created.Definition, Status = ExperimentStatus.Queued, CreatedAt = created.At, UpdatedAt = created.At }
                : throw new InvalidOperationException($"Experiment {created.Definition.Name} was created already.");
        }

        if (state is null) throw new InvalidOperationException($"{happened.GetType().Name} before the experiment was created.");
        return (happened switch
        {
            CoordinatorTook => state,
            OperationalSettingsChanged e => state with { Definition = e.Definition },
            GenerationStarted e => state.Start(e),
            SampleExcluded e => state.Exclude(new(e.Set, e.Path, e.Reason)),
            CheckpointCommitted e => state with { Checkpoints = state.With(new CommittedCheckpoint(e.Checkpoint, e.Cursor, e.Sha256, e.Bytes, e.Due)) },
            CheckpointLost e => state with { Checkpoints = state.Without(e.Checkpoint) },
            CheckpointRetired e => state with { Checkpoints = state.Without(e.Checkpoint) },
            EvaluationRecorded e => state with { Evaluations = state.With(e.Row) },
            PhaseStopped e => state with { StoppedPhases = state.StoppedPhases.Add((e.Phase, e.AtEpoch)) },
            TrainingFinished e => state with { Status = ExperimentStatus.Evaluating, FinishedAt = e.Step },
            TestRecorded e => state with { Test = new(e.Checkpoint, e.Metrics) },
            ExperimentCompleted e => state with { Status = ExperimentStatus.Completed, Digest = e.Digest, Failure = null, Ends = state.Ends + 1 },
            ExperimentPaused => state with { Status = ExperimentStatus.Paused, Ends = state.Ends + 1 },
            ExperimentFailed e => state with { Status = ExperimentStatus.Failed, Failure = e.Reason, Ends = state.Ends + 1 },
            ExperimentCancelled => state with { Status = ExperimentStatus.Cancelled, Ends = state.Ends + 1 },
            _ => throw new InvalidOperationException($"The experiment does not know the event {happened.GetType().Name}."),
        }) with
        { UpdatedAt = happened.At };
    }

    private Experiment Start(GenerationStarted e) => e.Generation > Generation
        ? this with
        {
            Status = ExperimentStatus.Running,
            Generation = e.Generation,
            From = e.From,
            StartedFrom = e.Source,
            Trainers = e.Trainers,
            Seats = e.Seats.IsDefault ? [] : e.Seats,
            FinishedAt = null,
            Test = null,
            Digest = null,
            Failure = null,
        }
        : throw new InvalidOperationException($"Generation {e.Generation} can't follow {Generation}.");

    private Experiment Exclude(ExcludedSample sample) => Excluded.Contains(sample) ? this : this with { Excluded = Excluded.Add(sample) };

    private ImmutableArray<CommittedCheckpoint> With(CommittedCheckpoint checkpoint) => Checkpoints.Any(c => c.Id == checkpoint.Id)
        ? throw new InvalidOperationException($"Checkpoint {checkpoint.Id} was committed already.")
        : Checkpoints.Add(checkpoint).Sort((a, b) => a.Id.CompareTo(b.Id));

    private ImmutableArray<CommittedCheckpoint> Without(CheckpointId id) => Checkpoints.RemoveAll(c => c.Id == id);

    private ImmutableArray<EvaluationRow> With(EvaluationRow row)
    {
        if (Evaluations.FirstOrDefault(r => r.Step == row.Step) is not { } earlier) return Evaluations.Add(row).Sort((a, b) => a.Step.CompareTo(b.Step));
        return earlier == row ? Evaluations : throw new InvalidOperationException($"Step {row.Step} was evaluated twice with different results: not deterministic.");
    }
}
