using System.Collections.Immutable;
using System.Text.Json.Serialization;
using ActorTrainer.Core.Evaluation;
using ActorTrainer.Core.Training;

namespace ActorTrainer.Core.Experiments;

/// <summary>What has happened to an experiment, as the journal keeps it: append-only, each with a stable name in <see cref="ExperimentEventJson"/>.</summary>
public interface IExperimentEvent
{
    /// <summary>When it was decided, for people; nothing is computed from it.</summary>
    DateTimeOffset At { get; }
}

public static class ExperimentEvents
{
    /// <summary>The first start: everything automatic has been resolved and will not change.</summary>
    public sealed record ExperimentCreated(ExperimentDefinition Definition, DateTimeOffset At) : IExperimentEvent;

    /// <summary>Recovery's first act. It takes the next sequence number, so that an older writer's next event violates the journal's unique index.</summary>
    public sealed record CoordinatorTook(string Incarnation, DateTimeOffset At) : IExperimentEvent;

    /// <summary>The same result keys came with other operational ones.</summary>
    public sealed record OperationalSettingsChanged(ExperimentDefinition Definition, ImmutableArray<SettingChange> Changes, DateTimeOffset At) : IExperimentEvent;

    /// <summary>A placement, journalled before it trains. Null source: the state in memory with <paramref name="StateHash"/>, else the initial weights.</summary>
    /// <param name="Seats">Which node owns which shards, by rank; default in journals from before there was more than one.</param>
    /// <param name="StateHash">Of the state that its trainers held in memory and go on from; null: they load.</param>
    public sealed record GenerationStarted(
        Generation Generation, TrainingCursor From, CheckpointId? Source, int Trainers, DateTimeOffset At,
        [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] ImmutableArray<SeatPlace> Seats = default,
        [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? StateHash = null) : IExperimentEvent;

    /// <summary>A file of this set can't be decoded and counts with weight zero.</summary>
    public sealed record SampleExcluded(string Set, string Path, string Reason, DateTimeOffset At) : IExperimentEvent;

    /// <summary>From here on every step up to the checkpoint's is committed.</summary>
    /// <param name="Adopted">It was complete on disk when the journal was away, and recovery took it over.</param>
    public sealed record CheckpointCommitted(
        CheckpointId Checkpoint, TrainingCursor Cursor, string Sha256, long Bytes, StepDue Due, bool Adopted, DateTimeOffset At) : IExperimentEvent;

    /// <summary>Its files did not verify: recovery fell back.</summary>
    public sealed record CheckpointLost(CheckpointId Checkpoint, string Problem, DateTimeOffset At) : IExperimentEvent;

    public sealed record CheckpointRetired(CheckpointId Checkpoint, DateTimeOffset At) : IExperimentEvent;

    public sealed record EvaluationRecorded(CheckpointId Checkpoint, EvaluationRow Row, DateTimeOffset At) : IExperimentEvent;

    /// <summary>Early stopping's verdict: this phase ends at the end of the epoch that follows the one judged.</summary>
    /// <param name="AtEpoch">Epochs done, over the whole experiment, where the phase ends.</param>
    public sealed record PhaseStopped(int Phase, int AtEpoch, DateTimeOffset At) : IExperimentEvent;

    /// <summary>The last step is committed; evaluations may be outstanding.</summary>
    public sealed record TrainingFinished(StepNumber Step, DateTimeOffset At) : IExperimentEvent;

    public sealed record TestRecorded(CheckpointId Checkpoint, EvaluationMetrics Metrics, DateTimeOffset At) : IExperimentEvent;

    /// <param name="Digest">Of the last checkpoint's weights.</param>
    public sealed record ExperimentCompleted(string Digest, DateTimeOffset At) : IExperimentEvent;

    /// <summary>Stopped on request with everything saved.</summary>
    public sealed record ExperimentPaused(StepNumber Step, DateTimeOffset At) : IExperimentEvent;

    public sealed record ExperimentFailed(string Reason, DateTimeOffset At) : IExperimentEvent;

    public sealed record ExperimentCancelled(DateTimeOffset At) : IExperimentEvent;
}

/// <summary>What an experiment is, with all that was automatic resolved.</summary>
/// <param name="ConfigurationHash">Over the result keys.</param>
/// <param name="Settings">Every key with its canonical value, for a difference key by key.</param>
/// <param name="ResultKeys">Those that the hash covers.</param>
/// <param name="EffectiveConfiguration">Canonical HOCON.</param>
/// <param name="PretrainedHash">SHA-256 of the weights it starts from; null: drawn by seed.</param>
/// <param name="Steps">If no phase ends early.</param>
/// <param name="Parent">The checkpoint whose whole state it began with, as <c>NAME@STEP digest</c>; null: none.</param>
/// <param name="CheckpointStore">Where its checkpoints are, a place that no other run has; null: in the run's folder.</param>
public sealed record ExperimentDefinition(
    ExperimentName Name, string ConfigurationHash, ImmutableSortedDictionary<string, string> Settings, ImmutableSortedSet<string> ResultKeys, string EffectiveConfiguration,
    ResolvedDevice Device, int LogicalShards, ImmutableArray<PhaseData> Phases, string? PretrainedHash, string Fingerprint, long Steps,
    string? Parent = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? CheckpointStore = null);

/// <summary>A phase's data by what they are, not where.</summary>
public sealed record PhaseData(string Name, int Epochs, int StepsPerEpoch, ImmutableArray<string> Classes, DataIdentity Train, DataIdentity? Validation, DataIdentity? Test);

/// <summary>A data set by its content.</summary>
/// <param name="ManifestHash">Of the whole data set; <paramref name="Samples"/> of it are used.</param>
public sealed record DataIdentity(string Location, string ManifestHash, int Samples);

/// <summary>The shards that a node trains.</summary>
public sealed record SeatPlace(string Node, Gradients.ShardRange Own);

public sealed record SettingChange(string Key, string? Old, string? New);
