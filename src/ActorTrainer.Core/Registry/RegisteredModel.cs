using System.Collections.Immutable;
using ActorTrainer.Core.Experiments;

namespace ActorTrainer.Core.Registry;

/// <summary>
/// A model: all completed runs of one name, those among them that newer ones have set aside. The promoted version answers, else the newest.
/// </summary>
/// <param name="Versions">At least one, the newest first: the run that has the name, then those that were set aside, the last begun first.</param>
public sealed record RegisteredModel(ExperimentName Name, ImmutableArray<ModelVersion> Versions, Promotions Promotions)
{
    /// <summary>Null: none is promoted, or the one that is was removed.</summary>
    public ModelVersion? Promoted => Promotions.Current is { } version ? this[version] : null;

    /// <summary>Where none is promoted, the newest; but one whose rule has not held only where there is no other.</summary>
    public ModelVersion Answering => Promoted ?? Versions.FirstOrDefault(version => version.Rule is null) ?? Versions.FirstOrDefault(version => JudgementOf(version) is not null) ?? Versions[0];

    /// <summary>The version on trial, if it is there and does not answer anyway.</summary>
    public (ModelVersion Version, Canary Trial)? OnTrial => Promotions.Canary is { } canary && this[canary.Version] is { } version && version != Answering ? (version, canary) : null;

    /// <summary>Versions whose rules are still to be applied, the one that came first first.</summary>
    public IEnumerable<ModelVersion> Unjudged => Versions.Where(version => version.Rule is not null && JudgementOf(version) is null).Reverse();

    /// <summary>Null: its rule was not applied, or it has none.</summary>
    public ModelEvents.VersionJudged? JudgementOf(ModelVersion version) => Promotions.Judgements.FirstOrDefault(judged => judged.Version == version.Id.Version);

    /// <summary>Applies a version's own rule, against what answers now.</summary>
    public ModelEvents.VersionJudged Judge(ModelVersion version, DateTimeOffset at)
    {
        var rule = version.Rule ?? throw new ArgumentException($"{version.Id} has no rule.", nameof(version));
        var (holds, reason) = rule.Judge(version.Measured, Answering.Id == version.Id ? null : Answering.Measured);
        return new(version.Id.Version, rule.Text, holds, reason, at);
    }

    public ModelVersion? this[string version] => Versions.FirstOrDefault(known => known.Id.Version == version);

    /// <summary>By name; what has no version is no model.</summary>
    /// <param name="promotions">By model; a model that is not there has none.</param>
    public static ImmutableArray<RegisteredModel> Of(IEnumerable<ModelVersion> versions, IReadOnlyDictionary<ExperimentName, Promotions> promotions) =>
    [
        .. versions.GroupBy(version => version.Id.Model).OrderBy(model => model.Key.Value, StringComparer.Ordinal).Select(model => new RegisteredModel(model.Key,
            [.. model.OrderByDescending(version => version.Run == model.Key).ThenByDescending(version => version.Experiment.CreatedAt).DistinctBy(version => version.Id)],
            promotions.GetValueOrDefault(model.Key, Promotions.None))),
    ];
}
