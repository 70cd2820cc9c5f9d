using System.Collections.Immutable;

namespace ActorTrainer.Core.Experiments;

/// <summary>One key that differs between two configurations.</summary>
/// <param name="Old">Null: the key is not there (a phase or an option of another type).</param>
/// <param name="New">Null: the key is not there.</param>
/// <param name="ChangesResult">The configuration hashes differ because of it; else it can be taken up by the same run.</param>
public sealed record ConfigurationChange(string Key, string? Old, string? New, KeyMark Mark, bool ChangesResult)
{
    public override string ToString() => $"{Key}: {Old ?? "(not set)"} -> {New ?? "(not set)"}";
}

/// <summary>Two configurations, key by key.</summary>
public static class ConfigurationDiff
{
    /// <summary>What differs, in ordinal order of the keys; those that change the result have <see cref="ConfigurationChange.ChangesResult"/>.</summary>
    public static ImmutableArray<ConfigurationChange> Between(ExperimentConfiguration before, ExperimentConfiguration after)
    {
        var (old, young) = (before.Entries.ToDictionary(entry => entry.Key), after.Entries.ToDictionary(entry => entry.Key));
        var changes =
            from key in old.Keys.Union(young.Keys).Order(StringComparer.Ordinal)
            let was = old.GetValueOrDefault(key)
            let now = young.GetValueOrDefault(key)
            where was?.Value != now?.Value
            select new ConfigurationChange(key, was?.Value, now?.Value, (now ?? was)!.Mark, was?.Identity != now?.Identity);
        return [.. changes];
    }
}
