using ActorTrainer.Actors.Serialization;
using ActorTrainer.Core.Checkpoints;
using ActorTrainer.Core.Evaluation;
using ActorTrainer.Core.Experiments;
using ActorTrainer.Core.Training;
using Akka.Actor;

namespace ActorTrainer.Actors.Experiments;

/// <summary>What an <see cref="ExperimentActor"/> understands from outside, and what it says on the event stream.</summary>
public static class ExperimentProtocol
{
    /// <summary>Save and stop. Ends with <see cref="ExperimentEnded"/>.</summary>
    public sealed record PauseExperiment : IWireMessage;

    /// <summary>Give it up: what is saved stays, and the run can't go on. Ends with <see cref="ExperimentEnded"/>.</summary>
    public sealed record CancelExperiment : IWireMessage;

    /// <summary>Answered by <see cref="CurrentExperiment"/>.</summary>
    public sealed record GetExperiment : INoSerializationVerificationNeeded;

    /// <summary>The experiment as it stands.</summary>
    public sealed record CurrentExperiment(Experiment Experiment) : INoSerializationVerificationNeeded;

    /// <summary>On the event stream, after the event was persisted and folded.</summary>
    public sealed record ExperimentChanged(Experiment Experiment, IExperimentEvent Happened) : INoSerializationVerificationNeeded;

    /// <summary>On the event stream: it will do nothing more.</summary>
    public sealed record ExperimentEnded(Experiment Experiment) : INoSerializationVerificationNeeded;

    /// <summary>From an experiment to its supervisor, before it stops: what it wanted to journal or to recover did not get through.</summary>
    public sealed record JournalFailed(string Reason) : INoSerializationVerificationNeeded;

    /// <summary>From an experiment to its supervisor, before it stops, and from there on the event stream: the journal is another coordinator's now.</summary>
    public sealed record ExperimentTakenOver(ExperimentName Name, string By) : INoSerializationVerificationNeeded;

    /// <summary>On the event stream: it was stopped by its journal and is started again and again, for so long.</summary>
    public sealed record ExperimentWaits(ExperimentName Name, string Reason, TimeSpan Patience) : INoSerializationVerificationNeeded;
}

/// <summary>Everything an experiment is given besides messages.</summary>
/// <param name="Plan">Its counts: batches of samples are the trainers' business.</param>
/// <param name="Crew">Who has the devices; see <see cref="CrewProtocol"/>.</param>
/// <param name="Trainers">How many devices it wants.</param>
/// <param name="Incarnation">Who coordinates it, for the journal: machine and process. Its supervisor makes it unique.</param>
/// <param name="Inherited">A checkpoint in the store that a new experiment begins with: another run's state.</param>
public sealed record ExperimentParts(
    ExperimentDefinition Definition, TrainingPlan Plan, CheckpointSettings Checkpoint, EarlyStoppingSettings? EarlyStopping,
    ICheckpointStore Store, IEvaluationLog Evaluations, IActorRef Crew, TrainerRange Trainers, string Incarnation, TimeProvider Time,
    (StoredCheckpoint Stored, TrainingCursor Cursor)? Inherited = null);

/// <summary>From <paramref name="Min"/> to <paramref name="Max"/> devices; never more than there are shards.</summary>
public readonly record struct TrainerRange(int Min, int Max);
