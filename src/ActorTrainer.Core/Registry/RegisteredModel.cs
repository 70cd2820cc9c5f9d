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

    public ModelVersion Answering => Promoted ?? Versions[0];

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
