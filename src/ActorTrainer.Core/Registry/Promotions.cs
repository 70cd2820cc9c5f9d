using System.Collections.Immutable;
using static ActorTrainer.Core.Registry.ModelEvents;

namespace ActorTrainer.Core.Registry;

/// <summary>The fold of a model's events: what was promoted and not taken back, the latest last.</summary>
public sealed record Promotions
{
    public static Promotions None { get; } = new();

    public ImmutableArray<string> Versions { get; private init; } = [];

    /// <summary>All that was decided, in order.</summary>
    public ImmutableArray<IModelEvent> History { get; private init; } = [];

    /// <summary>What rules said, in order; each version is judged once.</summary>
    public IEnumerable<VersionJudged> Judgements => History.OfType<VersionJudged>();

    /// <summary>A version on trial; null: none.</summary>
    public Canary? Canary { get; private init; }

    /// <summary>Events that were folded: the next one's place in the history follows it.</summary>
    public long Sequence => History.Length;

    public string? Current => Versions.IsEmpty ? null : Versions[^1];

    public static Promotions Of(IEnumerable<IModelEvent> events) => events.Aggregate(None, (promotions, happened) => promotions.Apply(happened));

    /// <summary>Pure and total: throws on an event it does not know or that can't follow.</summary>
    public Promotions Apply(IModelEvent happened) => (happened switch
    {
        VersionPromoted e => Promote(e.Version),
        VersionJudged e => e.Promoted ? Promote(e.Version) : this,
        CanaryBegan e => this with { Canary = new(e.Version, e.Share) },
        CanaryEnded => this with { Canary = null },
        PromotionRolledBack when Versions.IsEmpty => throw new InvalidOperationException("Nothing was promoted that could be taken back."),
        PromotionRolledBack => this with { Versions = Versions.RemoveAt(Versions.Length - 1) },
        _ => throw new InvalidOperationException($"A model does not know the event {happened.GetType().Name}."),
    }) with
    { History = History.Add(happened) };

    /// <summary>Who was on trial was on trial beside the one before.</summary>
    private Promotions Promote(string version) => this with { Versions = Versions.Add(version), Canary = null };
}
