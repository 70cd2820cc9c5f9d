using System.Collections.Immutable;
using System.Text.Json;

namespace ActorTrainer.Client;

/// <summary>A model in a line.</summary>
/// <param name="Answering">The version that answers.</param>
/// <param name="Promoted">The version that was chosen to; null: none, and the newest answers.</param>
/// <param name="Versions">The newest first.</param>
public sealed record ModelSummary(string Name, string Answering, string? Promoted, ImmutableArray<string> Versions)
{
    /// <summary>The version on trial; null: none.</summary>
    public Canary? Canary { get; init; }

    /// <summary>When the newest version is to answer, as its experiment says; null: a person decides.</summary>
    public string? PromoteIf { get; init; }
}

/// <summary>A model and its versions, the newest first.</summary>
/// <param name="Answering">The version that answers.</param>
/// <param name="Promoted">The version that was chosen to; null: none, and the newest answers.</param>
/// <param name="Canary">The version on trial; null: none.</param>
public sealed record ModelDetails(string Name, string Answering, string? Promoted, Canary? Canary, ImmutableArray<ModelVersion> Versions)
{
    /// <summary>What was decided about it, in order.</summary>
    public ImmutableArray<ModelDecision> History { get; init; } = [];
}

/// <summary>What a person or a rule decided about a model.</summary>
/// <param name="Decision"><c>promoted</c>, <c>rolled-back</c>, <c>promoted-by-rule</c>, <c>refused-by-rule</c>, <c>canary-began</c> or <c>canary-ended</c>; a newer service may know more.</param>
/// <param name="Version">That it is about: of a promotion that was taken back, the one that was promoted.</param>
/// <param name="Share">Of a trial that began: of the requests, of 1; else null.</param>
/// <param name="Reason">Of a rule: the rule with its numbers; else null.</param>
public sealed record ModelDecision(DateTimeOffset At, string Decision, string Version, double? Share, string? Reason);

/// <summary>A version on trial: it is given a share of the requests that name no version.</summary>
/// <param name="Share">Of 1, greater than 0, at most 1.</param>
public sealed record Canary(string Version, double Share);

/// <param name="Run">The run that it is the best checkpoint of, at this step.</param>
/// <param name="Digest">Of the weights; null: the journal does not know it.</param>
/// <param name="WeightsSha256">Of the file that is downloaded; null: it can't be read now.</param>
/// <param name="Bytes">Of the checkpoint.</param>
/// <param name="Model">What it takes and gives; null: it can't be read now.</param>
/// <param name="PromoteIf">When it is to answer, as its experiment says; null: a person decides.</param>
/// <param name="Rule">What became of that; null: nothing yet.</param>
/// <param name="Lineage">What it was made of: the configuration's hash, the parent, the weights it began with, the data of each phase.</param>
public sealed record ModelVersion(
    string Version, string Run, long Step, DateTimeOffset Created, Measurement? Validation, Measurement? Test, string? Digest, string? WeightsSha256, long Bytes,
    ModelFacts? Model, string? PromoteIf, RuleVerdict? Rule, JsonElement Lineage);

/// <param name="Reason">The rule with its numbers.</param>
public sealed record RuleVerdict(bool Promoted, string Reason, DateTimeOffset At);

/// <summary>What a model takes and gives: its preprocessing is its own.</summary>
/// <param name="ImageSize">Height and width in pixels.</param>
/// <param name="Transforms">From a picture to the input, in order, as the experiment file writes them.</param>
/// <param name="Normalize">Of the input's values, by channel; null: the model's graph does it itself.</param>
public sealed record ModelFacts(string Architecture, int Channels, int ImageSize, string Decode, JsonElement Transforms, Normalization? Normalize, JsonElement Background, ImmutableArray<string> Labels);

/// <summary>(pixel / 255 - mean) / std.</summary>
/// <param name="BuiltIn">The model's graph does it itself; mean and std are empty then.</param>
public sealed record Normalization(ImmutableArray<double> Mean, ImmutableArray<double> Std, bool BuiltIn = false);

/// <summary>What a model says to some pictures.</summary>
/// <param name="Version">The one that answered.</param>
/// <param name="Results">One a picture, in their order.</param>
public sealed record PredictionAnswer(string Model, string Version, ImmutableArray<PictureResult> Results);

/// <param name="File">As the picture was called; null where it had no name.</param>
/// <param name="Predictions">The best first.</param>
public sealed record PictureResult(string? File, ImmutableArray<Prediction> Predictions);

/// <param name="Probability">A fraction of 1.</param>
public sealed record Prediction(string Label, double Probability);

/// <summary>The body of a promotion.</summary>
internal sealed record VersionChoice(string Version);
