using ActorTrainer.Core.Experiments;
using ActorTrainer.Core.Gradients;

namespace ActorTrainer.Core.Training;

/// <summary>What a <see cref="TrainingAgenda"/> wants done next. Whoever drives it has the device, the peers and the files.</summary>
public abstract record TrainingDeed
{
    /// <summary>Capture the state as it stands, say <see cref="TrainingAgenda.WriteBegun"/> and have it written. Nothing comes in between; training goes on beside the write.</summary>
    public sealed record Write(CheckpointId Id, StepDue Due) : TrainingDeed;

    /// <summary>Ask for early stopping's verdict, again and again until it is there (<see cref="TrainingAgenda.Awaits"/>). What comes next is due at once.</summary>
    public sealed record AskVerdict(int Phase, int EpochsDone, int EpochsInPhase) : TrainingDeed;

    /// <summary>Nothing, until it has come.</summary>
    public sealed record Wait(TrainerWait For) : TrainingDeed;

    /// <summary>Nothing, until the last checkpoint is written.</summary>
    public sealed record Rest : TrainingDeed;

    /// <summary>Early stopping has ended a phase: give up the batches that were loaded ahead, and load from <paramref name="Next"/> on.</summary>
    public sealed record EndPhase(TrainingCursor Next) : TrainingDeed;

    /// <summary>Cross to the phase of <paramref name="At"/>, and say <see cref="TrainingAgenda.PhaseEntered"/>.</summary>
    public sealed record EnterPhase(TrainingCursor At) : TrainingDeed;

    /// <summary>A block of features of this variant, which the next step takes.</summary>
    public sealed record ComputeFeatures(int Variant) : TrainingDeed;

    /// <summary>Step from <paramref name="Before"/>, and say <see cref="TrainingAgenda.Stepped"/>.</summary>
    public sealed record Step(TrainingCursor Before) : TrainingDeed;

    /// <summary>Say that all steps are done. Nothing comes after it in this generation.</summary>
    public sealed record Finish(StepNumber After) : TrainingDeed;

    /// <summary>Say that it has stopped as it was asked to. Nothing comes after it in this generation.</summary>
    public sealed record Stop(StepNumber After, StepRequest Request) : TrainingDeed;
}

/// <summary>What a trainer that is not computing waits for.</summary>
public enum TrainerWait { Nothing, Batch, CheckpointWrite, Verdict }
