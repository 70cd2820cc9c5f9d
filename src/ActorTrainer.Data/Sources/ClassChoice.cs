using System.Collections.Immutable;
using ActorTrainer.Core.Data;

namespace ActorTrainer.Data.Sources;

/// <summary>Which classes of a data set are used.</summary>
internal static class ClassChoice
{
    /// <param name="location">For the message.</param>
    /// <param name="there">In ordinal order.</param>
    /// <param name="wanted">Only these; null: all.</param>
    /// <param name="with">What a class that is there has, for the message.</param>
    /// <returns>In ordinal order. Throws <see cref="DataException"/> where one is missing.</returns>
    public static ImmutableArray<string> Of(string location, ImmutableArray<string> there, ImmutableArray<string>? wanted, string with = "")
    {
        if (wanted is not { } names) return there;
        ImmutableArray<string> classes = [.. names.Distinct().Order(StringComparer.Ordinal)];
        return classes.Except(there).ToList() is { Count: > 0 } missing
            ? throw new DataException($"{location} has no class {string.Join(", ", missing.Select(name => $"'{name}'"))}{with}. It has {string.Join(", ", there)}.")
            : classes;
    }
}
