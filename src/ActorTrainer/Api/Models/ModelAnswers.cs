using System.Collections.Immutable;
using ActorTrainer.Core.Checkpoints;
using ActorTrainer.Core.Data;
using ActorTrainer.Core.Experiments;
using ActorTrainer.Core.Models;
using ActorTrainer.Core.Registry;
using ActorTrainer.Journal;
using ActorTrainer.Serving;

namespace ActorTrainer.Api.Models;

/// <summary>A model as the API shows it. Serialised as it stands, so its members' names are a contract.</summary>
/// <param name="Answering">The version that answers.</param>
/// <param name="Promoted">The version that was chosen to; null: none, and the newest answers.</param>
/// <param name="Canary">The version on trial, and its share of the requests; null: none.</param>
/// <param name="PromoteIf">When the newest is to answer, as its experiment says; null: a person decides.</param>
internal sealed record ModelAnswer(ExperimentName Name, string Answering, string? Promoted, Canary? Canary, string? PromoteIf, ImmutableArray<string> Versions)
{
    public static ModelAnswer Of(RegisteredModel model) => new(model.Name, model.Answering.Id.Version, model.Promoted?.Id.Version, model.OnTrial?.Trial,
        model.Versions[0].Rule?.Text, [.. model.Versions.Select(version => version.Id.Version)]);
}

/// <summary>And its versions, the newest first, and what was decided about them, in order.</summary>
/// <param name="Canary">The version on trial, and its share of the requests; null: none.</param>
internal sealed record ModelDetails(ExperimentName Name, string Answering, string? Promoted, Canary? Canary, ImmutableArray<VersionAnswer> Versions, ImmutableArray<DecisionAnswer> History);

internal enum Decision
{
    Promoted,
    RolledBack,
    PromotedByRule,
    RefusedByRule,
    CanaryBegan,
    CanaryEnded,
}

/// <summary>What was decided about a model, by a person or by a rule.</summary>
/// <param name="Version">That it is about: of a promotion that was taken back, the one that was promoted.</param>
/// <param name="Share">Of a trial that began: of the requests, of 1.</param>
/// <param name="Reason">Of a rule: the rule with its numbers.</param>
internal sealed record DecisionAnswer(DateTimeOffset At, Decision Decision, string Version, double? Share = null, string? Reason = null)
{
    public static ImmutableArray<DecisionAnswer> AllOf(Promotions promotions)
    {
        var all = ImmutableArray.CreateBuilder<DecisionAnswer>();
        var before = Promotions.None;
        foreach (var happened in promotions.History)
        {
            all.Add(Of(happened, before));
            before = before.Apply(happened);
        }

        return all.ToImmutable();
    }

    private static DecisionAnswer Of(IModelEvent happened, Promotions before) => happened switch
    {
        ModelEvents.VersionPromoted e => new(e.At, Decision.Promoted, e.Version),
        ModelEvents.PromotionRolledBack e => new(e.At, Decision.RolledBack, before.Current!),
        ModelEvents.VersionJudged e => new(e.At, e.Promoted ? Decision.PromotedByRule : Decision.RefusedByRule, e.Version, Reason: e.Reason),
        ModelEvents.CanaryBegan e => new(e.At, Decision.CanaryBegan, e.Version, e.Share),
        ModelEvents.CanaryEnded e => new(e.At, Decision.CanaryEnded, before.Canary!.Version),
        _ => throw new ArgumentOutOfRangeException(nameof(happened), happened.GetType().Name),
    };
}

/// <param name="WeightsSha256">Of the file that is downloaded; null: the checkpoint can't be read.</param>
/// <param name="Digest">Of the weights, as <c>actortrainer digest</c> prints it; null: the journal does not know it.</param>
/// <param name="PromoteIf">When it is to answer, as its experiment says; null: a person decides.</param>
/// <param name="Rule">Null: there is none, or it was not applied yet.</param>
internal sealed record VersionAnswer(
    string Version, ExperimentName Run, StepNumber Step, DateTimeOffset Created, Measured? Validation, Measured? Test, string? Digest, string? WeightsSha256, long Bytes,
    ModelFacts? Model, string? PromoteIf, RuleAnswer? Rule, Lineage Lineage)
{
    public static VersionAnswer Of(ModelVersion version, ModelEvents.VersionJudged? judged, CheckpointManifest? manifest)
    {
        var step = version.Checkpoint.Id.Step;
        return new(version.Id.Version, version.Run, step, version.Experiment.CreatedAt,
            version.Validation is { } validation ? Measured.Of(step, validation) : null, version.Test is { } test ? Measured.Of(step, test) : null, version.Digest,
            manifest?.Files.FirstOrDefault(file => file.Name == CheckpointPlacement.Weights)?.Sha256, version.Checkpoint.Bytes,
            manifest is null ? null : ModelFacts.Of(manifest.Model), version.Rule?.Text, judged is null ? null : new(judged.Promoted, judged.Reason, judged.At), Lineage.Of(version.Experiment.Definition));
    }
}

/// <summary>What became of a version's rule.</summary>
/// <param name="Reason">The rule with its numbers.</param>
internal sealed record RuleAnswer(bool Promoted, string Reason, DateTimeOffset At);

/// <summary>What a model takes and gives: its preprocessing is its own.</summary>
/// <param name="Decode">How picture files become pixels.</param>
/// <param name="Transforms">From a picture to the model's input, in order.</param>
/// <param name="Normalize">Of the input's values; null where the model's graph does it itself.</param>
internal sealed record ModelFacts(
    string Architecture, int Channels, int ImageSize, PictureDecoding Decode, ImmutableArray<ImageTransform> Transforms, InputNormalization? Normalize, Rgb Background, ImmutableArray<string> Labels)
{
    public static ModelFacts Of(ModelDescription model) => new(model.Architecture, model.Channels, model.ImageSize, model.Decode, model.Evaluate,
        model.Normalize.BuiltIn ? null : model.Normalize, model.Background, model.Classes);
}

/// <summary>What a version was made of.</summary>
/// <param name="Parent">The checkpoint whose state it began with.</param>
/// <param name="PretrainedSha256">Of the weights that it began with.</param>
internal sealed record Lineage(string ConfigurationHash, string? Parent, string? PretrainedSha256, string Fingerprint, ImmutableArray<PhaseData> Phases)
{
    public static Lineage Of(ExperimentDefinition definition) =>
        new(definition.ConfigurationHash, definition.Parent, definition.PretrainedHash, definition.Fingerprint, definition.Phases);
}

/// <param name="Results">One a picture, in order.</param>
internal sealed record PredictAnswer(ExperimentName Model, string Version, ImmutableArray<PictureAnswer> Results);

/// <param name="File">As it was called; null where it had no name.</param>
internal sealed record PictureAnswer(string? File, ImmutableArray<Prediction> Predictions);
