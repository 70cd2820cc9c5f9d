using System.Collections.Immutable;
using ActorTrainer.Core.Experiments;

namespace ActorTrainer.Core.Tests.Experiments;

public sealed class SettingChangesSpec
{
    [Fact]
    public void What_was_changed_added_and_removed_is_told_by_key() => Assert.Equal(
        [new("added", null, "1"), new("changed", "1", "2"), new("removed", "1", null)],
        SettingChanges.Between(Settings(("same", "1"), ("removed", "1"), ("changed", "1")), Settings(("changed", "2"), ("added", "1"), ("same", "1"))).AsEnumerable());

    private static ImmutableSortedDictionary<string, string> Settings(params (string Key, string Value)[] settings) =>
        settings.ToImmutableSortedDictionary(pair => pair.Key, pair => pair.Value, StringComparer.Ordinal);
}
