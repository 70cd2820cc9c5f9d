using System.Collections.Immutable;
using System.Text.Json.Serialization;
using ActorTrainer.Core.Data;
using ActorTrainer.Core.Experiments;

namespace ActorTrainer.Core.Training;

/// <summary>Where training stands: what a checkpoint's cursor holds.</summary>
/// <param name="Phase">Index of the phase the next step belongs to.</param>
/// <param name="StepInPhase">Steps of it that are done.</param>
/// <param name="Step">Steps of the experiment that are done.</param>
/// <param name="EpochsBefore">Epochs done before this phase began (a phase can end early, so this can't be computed).</param>
public readonly record struct TrainingCursor(int Phase, long StepInPhase, StepNumber Step, int EpochsBefore)
{
    public static TrainingCursor Start => new(0, 0, StepNumber.Zero, 0);
}

/// <summary>The coordinates of one step, all that randomness and schedules may depend on.</summary>
/// <param name="Step">The number this step will have when applied: 1 for the first.</param>
/// <param name="Epoch">From 0, over the whole experiment.</param>
/// <param name="StepInPhase">From 0.</param>
/// <param name="EpochInPhase">From 0.</param>
/// <param name="StepInEpoch">From 0.</param>
/// <param name="LearningRateFactor">The schedule's value; times the optimizer's rate it is the rate of this step.</param>
public readonly record struct StepCoordinates(StepNumber Step, int Phase, long StepInPhase, int Epoch, int EpochInPhase, int StepInEpoch, double LearningRateFactor);

/// <summary>One phase with its data counted.</summary>
/// <param name="Classes">Of the phase's training set, in ordinal order.</param>
/// <param name="StopsEarly">It has a validation set and early stopping: its last epochs wait for verdicts.</param>
public sealed record PhasePlan(PhaseSettings Settings, EpochPlan Epochs, ImmutableArray<string> Classes, bool StopsEarly = false)
{
    public int StepsPerEpoch => Epochs.StepsPerEpoch;
    public long Steps => (long)StepsPerEpoch * Settings.Epochs;
}

/// <summary>The whole of training as pure functions of the cursor: which batch a step takes, which rate it has, and what is due after it.</summary>
public sealed record TrainingPlan(ImmutableArray<PhasePlan> Phases, int EvaluateEveryEpochs, int? CheckpointEverySteps)
{
    /// <summary>Steps if no phase ends early.</summary>
    public long Steps => Phases.Sum(phase => phase.Steps);

    public bool IsFinished(TrainingCursor cursor) => cursor.Phase >= Phases.Length;

    public StepCoordinates Coordinates(TrainingCursor cursor)
    {
        var phase = Phases[cursor.Phase];
        int epochInPhase = (int)(cursor.StepInPhase / phase.StepsPerEpoch);
        return new(cursor.Step.Next, cursor.Phase, cursor.StepInPhase, cursor.EpochsBefore + epochInPhase, epochInPhase,
            (int)(cursor.StepInPhase % phase.StepsPerEpoch),
            Schedule.Factor(phase.Settings.Schedule, cursor.StepInPhase, phase.Steps, phase.StepsPerEpoch));
    }

    /// <summary>Which variant of the features the step after the cursor takes; null where its phase trains on pictures.</summary>
    public int? VariantAt(TrainingCursor cursor) =>
        Phases[cursor.Phase] is { Settings.Features: { } features } phase ? features.VariantOf((int)(cursor.StepInPhase / phase.StepsPerEpoch)) : null;

    /// <summary>
    /// The samples of the step that the cursor stands before. What they are augmented by is the epoch's, or, of a phase on features, the variant's.
    /// </summary>
    public BatchRequest Batch(TrainingCursor cursor)
    {
        var at = Coordinates(cursor);
        return new(at.Step.Value, VariantAt(cursor) ?? at.Epoch, Phases[cursor.Phase].Epochs.Batch(at.Epoch, at.StepInEpoch));
    }

    /// <summary>The cursor after one more step; past a phase's last step it stands at the next phase's first.</summary>
    public TrainingCursor Advance(TrainingCursor cursor)
    {
        var next = cursor with { StepInPhase = cursor.StepInPhase + 1, Step = cursor.Step.Next };
        return next.StepInPhase < Phases[cursor.Phase].Steps ? next : EndPhase(next);
    }

    /// <summary>Ends the phase where the cursor stands (early stopping): the next step is the next phase's first.</summary>
    public TrainingCursor EndPhase(TrainingCursor cursor) =>
        new(cursor.Phase + 1, 0, cursor.Step, cursor.EpochsBefore + (int)((cursor.StepInPhase + Phases[cursor.Phase].StepsPerEpoch - 1) / Phases[cursor.Phase].StepsPerEpoch));

    /// <summary>What is due after the step that has just been applied.</summary>
    /// <param name="before">The cursor before that step.</param>
    public StepDue After(TrainingCursor before)
    {
        var phase = Phases[before.Phase];
        long done = before.StepInPhase + 1;
        bool epochEnd = done % phase.StepsPerEpoch == 0, phaseEnd = done == phase.Steps;
        bool evaluation = epochEnd && (phaseEnd || done / phase.StepsPerEpoch % EvaluateEveryEpochs == 0);
        bool checkpoint = evaluation || CheckpointEverySteps is { } every && before.Step.Next.Value % every == 0;
        return new(epochEnd, phaseEnd, evaluation, checkpoint);
    }

    /// <summary>What was due when training came to stand at <paramref name="cursor"/>: <see cref="After"/> of the step before it.</summary>
    public StepDue DueAt(TrainingCursor cursor) => cursor switch
    {
        { Step.Value: 0 } => default,
        { StepInPhase: > 0 } => After(cursor with { StepInPhase = cursor.StepInPhase - 1, Step = new(cursor.Step.Value - 1) }),
        _ => After(new(cursor.Phase - 1, Phases[cursor.Phase - 1].Steps - 1, new(cursor.Step.Value - 1), 0)),
    };

    /// <summary>
    /// Whether the verdict of early stopping must be there before the step at <paramref name="cursor"/>: the verdict on an epoch takes effect
    /// exactly at the end of the epoch after it, so that the evaluation of one runs beside the training of the next.
    /// </summary>
    public bool NeedsVerdict(TrainingCursor cursor)
    {
        if (IsFinished(cursor) || Phases[cursor.Phase] is not { StopsEarly: true } phase) return false;
        return cursor.StepInPhase % phase.StepsPerEpoch == 0 && JudgedEpochs(cursor.StepInPhase / phase.StepsPerEpoch) > 0;
    }

    /// <summary>Evaluated epochs that the verdict at the end of <paramref name="epochsInPhase"/> epochs of a phase rests on: those before the last.</summary>
    public int JudgedEpochs(long epochsInPhase) => (int)Math.Max(0, (epochsInPhase - 1) / EvaluateEveryEpochs);

    /// <summary>Epochs of the experiment that are done at <paramref name="cursor"/>.</summary>
    public int EpochsDone(TrainingCursor cursor) =>
        IsFinished(cursor) ? cursor.EpochsBefore : cursor.EpochsBefore + (int)(cursor.StepInPhase / Phases[cursor.Phase].StepsPerEpoch);
}

/// <summary>What comes after a step.</summary>
/// <param name="Evaluation">The checkpoint after this step is evaluated.</param>
public readonly record struct StepDue(bool EpochEnd, bool PhaseEnd, bool Evaluation, bool Checkpoint)
{
    /// <summary>A checkpoint for going on from alone: nothing that is decided rests on it.</summary>
    [JsonIgnore]
    public bool IsSpare => Checkpoint && !Evaluation && !PhaseEnd;
}
