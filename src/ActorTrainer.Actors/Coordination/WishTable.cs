using ActorTrainer.Core.Experiments;
using static ActorTrainer.Actors.Coordination.CoordinatorProtocol;

namespace ActorTrainer.Actors.Coordination;

/// <summary>
/// What comes of a wish, by how the experiment stands.
/// <code>
///            under way    paused           failed           completed        cancelled
///   pause    pauses it    (is so)          refused          refused          refused
///   resume   (is so)      admitted again   admitted again   admitted again   refused
///   cancel   cancels it   given up         given up         refused          refused
///   remove   refused      removed          removed          removed          removed
/// </code>
/// </summary>
internal static class WishTable
{
    /// <param name="isOpen">Whether there is an actor to tell.</param>
    public static Deed UnderWay(Wish wish, ExperimentName name, bool isOpen) => wish switch
    {
        Wish.Remove => new Deed.Refuse($"The experiment '{name}' is under way: cancel it first."),
        Wish.Resume => new Deed.Nothing(),
        _ when !isOpen => new Deed.Refuse($"The experiment '{name}' can't be opened now; the coordinator's log says why."),
        Wish.Pause => new Deed.Pause(),
        Wish.Cancel => new Deed.Cancel(),
        _ => throw new ArgumentOutOfRangeException(nameof(wish)),
    };

    public static Deed AtRest(Wish wish, Experiment resting) => wish switch
    {
        Wish.Resume when resting.Status is ExperimentStatus.Cancelled => new Deed.Refuse(Cancelled(resting.Definition.Name)),
        Wish.Resume => new Deed.Readmit(),
        Wish.Pause when resting.Status is ExperimentStatus.Paused => new Deed.Nothing(),
        Wish.Cancel when resting.Rests => new Deed.GiveUp(),
        Wish.Remove => new Deed.Remove(),
        _ => new Deed.Refuse($"The experiment '{resting.Definition.Name}' is {resting.Status.ToString().ToLowerInvariant()}, not under way."),
    };

    public static string Cancelled(ExperimentName name) => $"The experiment '{name}' was cancelled. 'actortrainer run --from {name}' begins another from where it stopped.";
}

/// <summary>One of the nested types.</summary>
internal abstract record Deed
{
    private Deed()
    {
    }

    /// <summary>It is as was wished.</summary>
    public sealed record Nothing : Deed;

    /// <param name="Reason">For a person.</param>
    public sealed record Refuse(string Reason) : Deed;

    /// <summary>Its actor is told.</summary>
    public sealed record Pause : Deed;

    /// <summary>Its actor is told.</summary>
    public sealed record Cancel : Deed;

    /// <summary>It goes on from where it rests.</summary>
    public sealed record Readmit : Deed;

    /// <summary>Nobody works on it; it is written down that nobody will.</summary>
    public sealed record GiveUp : Deed;

    public sealed record Remove : Deed;
}
