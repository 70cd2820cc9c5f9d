using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace ActorTrainer.Client;

/// <summary>An experiment in a line.</summary>
public record ExperimentSummary
{
    public required string Name { get; init; }

    public required ExperimentState State { get; init; }

    /// <summary>The phase of the last step.</summary>
    public string Phase { get; init; } = "";

    /// <summary>The epoch of the last step: 1 for the first; 0 before any.</summary>
    public int Epoch { get; init; }

    public int Epochs { get; init; }

    /// <summary>Steps done.</summary>
    public long Step { get; init; }

    /// <summary>If no phase ends early; once training has ended, what it took.</summary>
    public long Steps { get; init; }

    /// <summary>How often its trainers were set to work, the first time included.</summary>
    public int Generation { get; init; }

    public int Trainers { get; init; }

    /// <summary>On the validation set, of the best checkpoint; null: there is none yet.</summary>
    public Measurement? Best { get; init; }

    /// <summary>On the test set; null: not yet, or there is none.</summary>
    public Measurement? Test { get; init; }

    /// <summary>The SHA-256 of the last weights; null until it is completed.</summary>
    public string? Digest { get; init; }

    /// <summary>Why it failed, for a person.</summary>
    public string? Failure { get; init; }

    /// <summary>Over all that its result depends on.</summary>
    public string ConfigurationHash { get; init; } = "";

    public DateTimeOffset Created { get; init; }

    public DateTimeOffset Updated { get; init; }

    /// <summary>The process that trains it, where it is one of the gateway's machine and no cluster's.</summary>
    public int? Pid { get; init; }

    /// <summary>Nothing more comes of it by itself: it is completed, failed, cancelled or paused.</summary>
    [JsonIgnore]
    public bool Rests => State is ExperimentState.Completed or ExperimentState.Failed or ExperimentState.Cancelled or ExperimentState.Paused;
}

/// <summary>All about an experiment.</summary>
public sealed record ExperimentDetails : ExperimentSummary
{
    /// <summary>On the nodes' disks.</summary>
    public string Folder { get; init; } = "";

    /// <summary>The model that it is, or will be, a version of.</summary>
    public string Model { get; init; } = "";

    /// <summary>Of its last phase.</summary>
    public ImmutableArray<string> Classes { get; init; } = [];

    public ImmutableArray<Evaluation> Evaluations { get; init; } = [];

    public ImmutableArray<Checkpoint> Checkpoints { get; init; } = [];

    /// <summary>How each class fares; empty before anything was measured.</summary>
    public ImmutableArray<ClassMeasurement> PerClass { get; init; } = [];

    /// <summary>Files that can't be read, and count for nothing.</summary>
    public ImmutableArray<ExcludedFile> Excluded { get; init; } = [];

    /// <summary>Where the time of its last steps went; null: none was timed.</summary>
    public TimeShares? Time { get; init; }

    /// <summary>The answer as it came, with what this record has no name for: phases with their data, the device, and what a newer service adds.</summary>
    [JsonIgnore]
    public JsonElement Document { get; init; }
}

/// <summary>What was measured at a step; fractions of 1. Null: not measured.</summary>
public sealed record Measurement(long Step, double? Loss, double? Top1, double? Top5);

/// <summary>A checkpoint's measurement on the validation set.</summary>
/// <param name="Phase">From 0.</param>
/// <param name="Epoch">1 for the first, over the whole experiment.</param>
public sealed record Evaluation(long Step, int Phase, int Epoch, long Samples, double Loss, double Top1, double Top5);

public sealed record Checkpoint(string Id, long Step, int Generation, long Bytes, string Sha256);

/// <summary>How one class fares; fractions of 1, and 0 where there is nothing to divide by.</summary>
/// <param name="Samples">Of this class.</param>
/// <param name="Predicted">Times that this class was the answer.</param>
public sealed record ClassMeasurement(string Class, long Samples, long Predicted, double Precision, double Recall, double F1);

/// <param name="Set">Such as <c>train</c>.</param>
public sealed record ExcludedFile(string Set, string Path, string Reason);

/// <param name="Steps">Over which the mean is taken.</param>
/// <param name="Ms">A step's mean.</param>
/// <param name="BoundBy">What would have to be faster, for a person.</param>
public sealed record TimeShares(int Steps, StepTimes Ms, string BoundBy);

/// <summary>Where a step's time went, in milliseconds. Decoding goes on beside the rest.</summary>
public sealed record StepTimes(double Decode, double Wait, double Forward, double Backward, double Exchange, double Update, double Save);

/// <summary>A step of training.</summary>
/// <param name="Epoch">1 for the first, over the whole experiment.</param>
/// <param name="Step">1 for the first.</param>
/// <param name="Loss">The mean over the batch.</param>
/// <param name="Phase">From 0.</param>
/// <param name="Top1">The share of the batch that was right.</param>
public sealed record TrainingStep(
    int Epoch, long Step, double Loss, [property: JsonPropertyName("lr")] double LearningRate, [property: JsonPropertyName("images_per_s")] double ImagesPerSecond, int Phase, double Top1, StepTimes? Ms = null);

/// <summary>That a wish was taken up. That it has happened shows in the experiment's state and events.</summary>
/// <param name="Notices">For a person.</param>
/// <param name="Sequence">The last number of the experiment's journal before it: what has a greater one came after.</param>
public sealed record Submission(string Name, ImmutableArray<string> Notices, long Sequence);

/// <summary>What an experiment file means to the service.</summary>
/// <param name="Name">The experiment's; null with errors, as <paramref name="ConfigurationHash"/>.</param>
public sealed record CheckedConfiguration(bool Valid, string? Name, string? ConfigurationHash, ImmutableArray<ConfigurationError> Errors, ImmutableArray<ConfigurationError> Warnings);

/// <summary>What is in nobody's way any more.</summary>
/// <param name="What">For a person.</param>
public sealed record Prunable(string What, long Bytes);
