using ActorTrainer.Core.Experiments;
using ActorTrainer.Core.Experiments.Placement;
using Effect = ActorTrainer.Core.Experiments.Placement.SeatEffect<string, string>;

namespace ActorTrainer.Core.Tests.Experiments.Placement;

public sealed class SeatSpec
{
    private static readonly Generation One = new(1), Two = new(2), Three = new(3);
    private readonly Seat<string, string> _seat = new("nobody", (generation, reason) => $"broken in {generation}: {reason}", word => CheckpointId.TryParse(word, out _));

    [Fact]
    public void The_first_join_makes_a_trainer_and_the_next_asks_it()
    {
        Assert.Equal([new Effect.BreakOff(), new Effect.OpenTrainer(), new Effect.Join("a", One, null)], _seat.Join(One, "a"));
        Assert.Equal([new Effect.Train()], _seat.Start(One, "a"));
        Assert.Equal([new Effect.BreakOff(), new Effect.AskState()], _seat.Join(Two, "b"));
        Assert.Equal([new Effect.Join("b", Two, null)], _seat.StateHeld(null));
    }

    [Fact]
    public void An_older_generation_changes_nothing()
    {
        Begin(Two);
        Assert.IsType<Effect.Refuse>(Assert.Single(_seat.Join(Two, "old")));
        Assert.IsType<Effect.Refuse>(Assert.Single(_seat.Join(One, "old")));
        Assert.Empty(_seat.Start(One, "old"));
        Assert.Empty(_seat.Start(Two, "old"));
        Assert.Equal([new Effect.Answer("old", Two, 0)], _seat.Attach(One, 0, "old"));
        Assert.Equal([new Effect.Say("a", Two, 1, "word")], _seat.Say("word", Two));
    }

    [Fact]
    public void While_nobody_leads_only_few_spare_checkpoints_are_written()
    {
        Begin(One);
        foreach (string heard in new[] { "1-2", "1-4", "1-6", "1-8", "1-10" }) Assert.IsType<Effect.Say>(Assert.Single(_seat.Say(heard, null)));
        _seat.LeaderGone("another");
        Assert.IsType<Effect.Say>(Assert.Single(_seat.Say("1-12", null)));
        _seat.LeaderGone("a");
        foreach (string word in new[] { "1-14", "evaluated", "1-16", "1-18" }) Assert.Empty(_seat.Say(word, null));
        Assert.Equal([new Effect.HoldCheckpoints(true)], _seat.Say("1-20", null));
        Assert.Empty(_seat.Say("1-22", null));       // was being written

        var effects = _seat.Attach(One, 6, "b");
        Assert.Equal(new Effect.HoldCheckpoints(false), effects[0]);
        Assert.Equal(["7 1-14", "8 evaluated", "9 1-16", "10 1-18", "11 1-20", "12 1-22"], effects.OfType<Effect.Say>().Select(say => $"{say.Number} {say.Word}"));
        Assert.Equal([new Effect.Say("b", One, 13, "1-24")], _seat.Say("1-24", null));
    }

    [Fact]
    public void An_order_for_another_generation_than_the_one_joined_is_not_followed()
    {
        _seat.Join(Three, "a");
        Assert.Empty(_seat.Start(Two, "b"));
    }

    [Fact]
    public void What_was_not_heard_is_said_again_to_whoever_leads_now()
    {
        Begin(One);
        _seat.Say("first", One);
        _seat.Say("second", null);
        Assert.Equal([new Effect.Say("b", One, 2, "second"), new Effect.Answer("b", One, 2)], _seat.Attach(One, 1, "b"));
        Assert.Equal([new Effect.Say("b", One, 3, "third")], _seat.Say("third", One));
    }

    [Fact]
    public void A_word_of_an_older_generation_is_dropped()
    {
        Begin(Two);
        Assert.Empty(_seat.Say("late", One));
    }

    [Fact]
    public void A_trainer_that_stops_is_refused_to_who_gathers_and_told_to_who_leads()
    {
        _seat.Join(One, "a");
        Assert.Equal([new Effect.Refuse("a", One, "no memory")], _seat.TrainerStopped("no memory"));
        Begin(Two);
        Assert.Equal([new Effect.Say("a", Two, 1, "broken in 2: no memory")], _seat.TrainerStopped("no memory"));
    }

    private void Begin(Generation generation)
    {
        _seat.Join(generation, "a");
        _seat.Start(generation, "a");
    }
}
