using System.Collections.Immutable;
using static ActorTrainer.Core.Registry.ModelEvents;

namespace ActorTrainer.Core.Registry;

/// <summary>The fold of a model's events: what was promoted and not taken back, the latest last.</summary>
public sealed record Promotions
{
    public static Promotions None { get; } = new();

    public ImmutableArray<string> Versions { get; private init; } = [];

    /// <summary>Events that were folded: the next one's place in the history follows it.</summary>
    public long Sequence { get; private init; }

    public string? Current => Versions.IsEmpty ? null : Versions[^1];

    public static Promotions Of(IEnumerable<IModelEvent> events) => events.Aggregate(None, (promotions, happened) => promotions.Apply(happened));

    /// <summary>Pure and total: throws on an event it does not know or that can't follow.</summary>
    public Promotions Apply(IModelEvent happened) => (happened switch
    {
        VersionPromoted e => this with { Versions = Versions.Add(e.Version) },
        PromotionRolledBack when Versions.IsEmpty => throw new InvalidOperationException("Nothing was promoted that could be taken back."),
        PromotionRolledBack => this with { Versions = Versions.RemoveAt(Versions.Length - 1) },
        _ => throw new InvalidOperationException($"A model does not know the event {happened.GetType().Name}."),
    }) with
    { Sequence = Sequence + 1 };
}
