using System.Collections.Immutable;
using ActorTrainer.Core.Gradients;

namespace ActorTrainer.Core.Experiments.Placement;

/// <summary>What a <see cref="GenerationLead"/> wants done, in this order. Whoever drives it knows how a seat and the experiment are reached.</summary>
public abstract record GenerationEffect
{
    /// <summary>To the seat's node: join this generation.</summary>
    public sealed record Join(int Rank) : GenerationEffect;

    /// <summary>The seat itself has spoken: from now on it is watched, and told directly.</summary>
    public sealed record Meet(int Rank) : GenerationEffect;

    /// <summary>To the seat, or to its node where it has not been met: are you there? And what was said after the word numbered <paramref name="Heard"/>?</summary>
    public sealed record Attach(int Rank, long Heard) : GenerationEffect;

    /// <summary>To the seat: train.</summary>
    public sealed record Start(int Rank, GenerationStart From, Team Team) : GenerationEffect;

    /// <summary>To the seat: after the step that is under way, do this.</summary>
    public sealed record Ask(int Rank, StepRequest Wanted) : GenerationEffect;

    /// <summary>To the experiment: the word of this seat that has just been given.</summary>
    public sealed record HandOn(int Rank) : GenerationEffect;

    /// <summary>To the experiment: all seats are ready and hold these states (null: none), by rank.</summary>
    public sealed record Gathered(ImmutableArray<SeatPlace> Seats, ImmutableArray<LiveState?> States) : GenerationEffect;

    /// <summary>To the experiment: every seat of the running generation was found again.</summary>
    public sealed record Reattached : GenerationEffect;

    /// <summary>To the experiment: all trainers stopped after this step, as was asked of them.</summary>
    public sealed record AllStopped(StepNumber Step, StepRequest Request) : GenerationEffect;

    /// <summary>For the log: a trainer was interrupted.</summary>
    public sealed record BadNews(int Rank, string Reason) : GenerationEffect;

    /// <summary>For the log.</summary>
    public sealed record LoseSeat(int Rank, string Reason) : GenerationEffect;

    /// <summary>Call <see cref="GenerationLead.Settled"/> after this time.</summary>
    public sealed record Settle(TimeSpan Delay) : GenerationEffect;

    /// <summary>To the experiment: this generation is over. Nothing comes after it.</summary>
    /// <param name="Lost">By node name, with the reason; the others can go on.</param>
    public sealed record Broken(ImmutableDictionary<string, string> Lost, string Reason, bool Refused) : GenerationEffect;
}

/// <summary>What a trainer's word means to its generation. Any other word is for the experiment.</summary>
public abstract record SeatNews
{
    /// <summary>Its exchange failed; the state of the step before stands.</summary>
    public sealed record Interrupted(string Reason) : SeatNews;

    /// <summary>It broke down, and its state with it.</summary>
    public sealed record BrokenDown(string Reason) : SeatNews;

    public sealed record Stopped(StepNumber Step, StepRequest Request) : SeatNews;

    /// <summary>Every trainer of the generation says it, so one of them is enough.</summary>
    public sealed record SaidByAll : SeatNews;

    public sealed record ForExperiment : SeatNews;
}
