using System.Collections.Immutable;

namespace ActorTrainer.Core.Experiments;

/// <summary>A difference between two sets of settings, key by key.</summary>
public static class SettingChanges
{
    /// <summary>By key, ordinal.</summary>
    public static ImmutableArray<SettingChange> Between(
        ImmutableSortedDictionary<string, string> old, ImmutableSortedDictionary<string, string> now) =>
    [
        .. old.Keys.Union(now.Keys, StringComparer.Ordinal).Order(StringComparer.Ordinal)
            .Select(key => new SettingChange(key, old.GetValueOrDefault(key), now.GetValueOrDefault(key)))
            .Where(change => change.Old != change.New),
    ];
}
