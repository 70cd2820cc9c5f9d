using System.Collections.Frozen;
using System.Text.Json;

namespace ActorTrainer.Core.Registry;

/// <summary>What people, and the rules of their experiments, decided about a model, as the journal keeps it. Which versions there are stands in the runs' own histories.</summary>
public interface IModelEvent
{
    /// <summary>When it was decided, for people; nothing is computed from it.</summary>
    DateTimeOffset At { get; }
}

public static class ModelEvents
{
    /// <summary>From here on this version answers.</summary>
    public sealed record VersionPromoted(string Version, DateTimeOffset At) : IModelEvent;

    /// <summary>The last promotion that counts is taken back: the one before it counts again.</summary>
    public sealed record PromotionRolledBack(DateTimeOffset At) : IModelEvent;

    /// <summary>The rule of its experiment was applied to a version, which answers from here on if it held.</summary>
    /// <param name="Reason">The rule with its numbers.</param>
    public sealed record VersionJudged(string Version, string Rule, bool Promoted, string Reason, DateTimeOffset At) : IModelEvent;

    /// <summary>From here on this version is given a share of the requests, until one is promoted or the trial ends.</summary>
    /// <param name="Share">Of 1, greater than 0.</param>
    public sealed record CanaryBegan(string Version, double Share, DateTimeOffset At) : IModelEvent;

    /// <summary>The version that answers has all requests again.</summary>
    public sealed record CanaryEnded(DateTimeOffset At) : IModelEvent;

    private static readonly FrozenDictionary<string, Type> Types = new Dictionary<string, Type>
    {
        ["version-promoted.1"] = typeof(VersionPromoted),
        ["promotion-rolled-back.1"] = typeof(PromotionRolledBack),
        ["version-judged.1"] = typeof(VersionJudged),
        ["canary-began.1"] = typeof(CanaryBegan),
        ["canary-ended.1"] = typeof(CanaryEnded),
    }.ToFrozenDictionary();

    private static readonly FrozenDictionary<Type, string> Names = Types.ToFrozenDictionary(pair => pair.Value, pair => pair.Key);

    public static string Manifest(IModelEvent happened) => Names[happened.GetType()];

    public static byte[] Write(IModelEvent happened) => JsonSerializer.SerializeToUtf8Bytes(happened, happened.GetType(), CoreJson.Options);

    /// <summary>Throws <see cref="FormatException"/>.</summary>
    public static IModelEvent Read(string manifest, ReadOnlySpan<byte> json)
    {
        if (!Types.TryGetValue(manifest, out var type)) throw new FormatException($"The journal holds an event '{manifest}' that this version does not know.");
        try
        {
            return (IModelEvent)(JsonSerializer.Deserialize(json, type, CoreJson.Options) ?? throw new FormatException($"An event '{manifest}' is null."));
        }
        catch (JsonException e)
        {
            throw new FormatException($"An event '{manifest}' can't be read: {e.Message}", e);
        }
    }
}
