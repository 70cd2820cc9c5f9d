using ActorTrainer.Core.Checkpoints;
using ActorTrainer.Core.Experiments;
using ActorTrainer.Core.Gradients;
using ActorTrainer.Core.Training;
using ActorTrainer.Actors.Serialization;
using Akka.Actor;

namespace ActorTrainer.Actors.Training;

/// <summary>What a <see cref="TrainerActor"/> understands, and what it says to the experiment. One trainer drives one device.</summary>
public static class TrainerProtocol
{
    public interface ICommand;

    /// <summary>From the trainer to the experiment; one of an older generation is dropped.</summary>
    public interface INotification : IWireMessage
    {
        Generation Generation { get; }
    }

    /// <summary>
    /// Take the state (of a checkpoint, or the initial weights) and train from there. Sent once, by the experiment, after
    /// <c>GenerationStarted</c> was journalled. Answered by <see cref="TrainingStarted"/>, in the end by one of
    /// <see cref="TrainingFinished"/>, <see cref="TrainingPaused"/>, <see cref="TrainingFailed"/>.
    /// </summary>
    public sealed record StartTraining(Generation Generation, TrainingCursor From, CheckpointId? Source, ShardRange Own) : ICommand, IWireMessage;

    /// <summary>Checkpoint after the step that is under way, and stop. It rides in the exchange, so every trainer does it after the same step.</summary>
    public sealed record RequestStop : ICommand, IWireMessage;

    /// <summary>Early stopping's verdict, asked for by <see cref="VerdictNeeded"/>.</summary>
    public sealed record VerdictReached(int Phase, int EpochsDone, bool Stop) : ICommand, IWireMessage;

    public sealed record TrainingStarted(Generation Generation, StepNumber From) : INotification;

    /// <summary>At the end of an epoch of a phase with early stopping: how was it up to the epoch before? Answered by <see cref="VerdictReached"/>.</summary>
    public sealed record VerdictNeeded(Generation Generation, int Phase, int EpochsDone, int EpochsInPhase) : INotification;

    /// <summary>A file was met that can't be decoded; it counts with weight zero.</summary>
    public sealed record SampleSkipped(Generation Generation, string Path, string Reason) : INotification;

    /// <summary>The last step's checkpoint is written.</summary>
    public sealed record TrainingFinished(Generation Generation, StepNumber Step) : INotification;

    /// <summary>Stopped on request; the checkpoint of this step is written.</summary>
    public sealed record TrainingPaused(Generation Generation, StepNumber Step) : INotification;

    /// <summary>It can't go on, and starting again would not help: the reason is for a person.</summary>
    public sealed record TrainingFailed(Generation Generation, string Reason) : INotification;

    /// <summary>How it goes, a few times a second, on the event stream of the trainer's own node.</summary>
    /// <param name="LoaderReady">Batches that wait.</param>
    public sealed record TrainingProgress(
        Generation Generation, StepCoordinates At, StepResult Result, int BatchSize, double ImagesPerSecond, int LoaderReady, TrainerWait Waiting)
        : INoSerializationVerificationNeeded;
}

/// <summary>What a trainer that is not computing waits for.</summary>
public enum TrainerWait { Nothing, Batch, CheckpointWrite, Verdict }

/// <summary>Everything a trainer is given besides messages. Local to its node.</summary>
/// <param name="Exchange">Adds gradients over all trainers.</param>
public sealed record TrainerParts(
    TrainingPlan Plan, TrainingJob Job, IEngine Engine, IWeightSource Weights, Core.Data.IExperimentData Data, ICheckpointStore Store,
    IGradientExchange Exchange, IStepLog Steps, ILedgerLog? Ledger, string ConfigurationHash,
    int Prefetch, TimeProvider Time);
