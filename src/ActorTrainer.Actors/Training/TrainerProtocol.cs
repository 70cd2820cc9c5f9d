using System.Text.Json.Serialization;
using ActorTrainer.Core.Checkpoints;
using ActorTrainer.Core.Experiments;
using ActorTrainer.Core.Experiments.Placement;
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
    /// Take the state (in memory, of a checkpoint, or the initial weights) and train from there. Sent by the generation to each of its seats, after
    /// <c>GenerationStarted</c> was journalled. Answered by <see cref="TrainingStarted"/>, in the end by one of
    /// <see cref="TrainingFinished"/>, <see cref="TrainingStopped"/>, <see cref="TrainingInterrupted"/>, <see cref="TrainingFailed"/>.
    /// </summary>
    /// <param name="Trace">The generation's span as <c>traceparent</c>; null: the coordinator does not trace.</param>
    public sealed record StartTraining(
        GenerationStart Start, Team Team, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Trace = null) : ICommand, IWireMessage
    {
        public Generation Generation => Team.Generation;
    }

    /// <summary>From the seat to its trainer: the order, with what breaks it off from another thread.</summary>
    public sealed record BeginTraining(StartTraining Order, CancellationToken Abort) : ICommand, INoSerializationVerificationNeeded;

    /// <summary>Say what state is in memory, by <see cref="StateHeld"/>. From the seat, when a new generation gathers.</summary>
    public sealed record SayState : ICommand, INoSerializationVerificationNeeded;

    /// <summary>Null: none. Answers <see cref="SayState"/>.</summary>
    public sealed record StateHeld(LiveState? State) : INoSerializationVerificationNeeded;

    /// <summary>After the step that is under way, checkpoint and stop. It rides in the exchange, so every trainer does it after the same step. One of another generation is dropped.</summary>
    public sealed record RequestAfterStep(Generation Generation, StepRequest Request) : ICommand, IWireMessage;

    /// <summary>From the seat: write no more checkpoints that are for going on from alone, or do so again.</summary>
    public sealed record HoldCheckpoints(bool Held) : ICommand, INoSerializationVerificationNeeded;

    /// <summary>Early stopping's verdict, asked for by <see cref="VerdictNeeded"/>.</summary>
    public sealed record VerdictReached(int Phase, int EpochsDone, bool Stop) : ICommand, IWireMessage;

    public sealed record TrainingStarted(Generation Generation, StepNumber From) : INotification;

    /// <summary>At the end of an epoch of a phase with early stopping: how was it up to the epoch before? Answered by <see cref="VerdictReached"/>.</summary>
    public sealed record VerdictNeeded(Generation Generation, int Phase, int EpochsDone, int EpochsInPhase) : INotification;

    /// <summary>A file was met that can't be decoded; it counts with weight zero.</summary>
    public sealed record SampleSkipped(Generation Generation, string Path, string Reason) : INotification;

    /// <summary>The last step's checkpoint is written.</summary>
    public sealed record TrainingFinished(Generation Generation, StepNumber Step) : INotification;

    /// <summary>Stopped on request; the checkpoint of this step is written (by the owner of shard 0).</summary>
    public sealed record TrainingStopped(Generation Generation, StepNumber Step, StepRequest Request) : INotification;

    /// <summary>A peer is gone, or the generation was broken off: the state of the step before stands, in memory.</summary>
    public sealed record TrainingInterrupted(Generation Generation, StepNumber Step, string Reason) : INotification;

    /// <summary>The trainer broke down, and its state with it: a new one may do better.</summary>
    public sealed record TrainingBroken(Generation Generation, string Reason) : INotification;

    /// <summary>It can't go on, and starting again would not help: the reason is for a person.</summary>
    public sealed record TrainingFailed(Generation Generation, string Reason) : INotification;

    /// <summary>How it goes, a few times a second, on the event stream of the trainer's own node.</summary>
    /// <param name="LoaderReady">Batches that wait.</param>
    public sealed record TrainingProgress(
        Generation Generation, StepCoordinates At, StepResult Result, int BatchSize, double ImagesPerSecond, int LoaderReady, TrainerWait Waiting)
        : INoSerializationVerificationNeeded;

    /// <summary>A block of features was computed, a few times a second, on the event stream of the trainer's own node.</summary>
    /// <param name="Blocks">Of the variant. Some of them may be there already.</param>
    public sealed record FeaturesProgress(Generation Generation, int Phase, Core.Data.FeatureBlock Block, int Blocks) : INoSerializationVerificationNeeded;
}

/// <summary>Everything a trainer is given besides messages. Local to its node.</summary>
/// <param name="Exchanges">Make what adds gradients over all trainers.</param>
/// <param name="OpenSteps">Opens the step file, which the owner of shard 0 writes.</param>
/// <param name="OpenLedger">Opens this trainer's ledger; null: none is kept.</param>
public sealed record TrainerParts(
    TrainingPlan Plan, TrainingJob Job, IEngine Engine, IWeightSource Weights, Core.Data.IExperimentData Data, ICheckpointStore Store,
    IExchangeFactory Exchanges, Func<IStepLog> OpenSteps, Func<ILedgerLog>? OpenLedger, string ConfigurationHash,
    int Prefetch, TimeProvider Time)
{
    /// <summary>Those of the same experiment on this device of the node: on a GPU of its own, on the CPU beside the others.</summary>
    public TrainerParts AtSeat(int seat) => Job.Device.Kind == DeviceKind.Cpu ? this : this with { Job = Job with { Device = Job.Device with { Index = seat } } };
}
