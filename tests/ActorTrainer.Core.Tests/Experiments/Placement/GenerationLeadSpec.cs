using System.Collections.Immutable;
using ActorTrainer.Core.Experiments;
using ActorTrainer.Core.Experiments.Placement;
using ActorTrainer.Core.Gradients;
using ActorTrainer.Core.Training;
using static ActorTrainer.Core.Tests.Experiments.History;

namespace ActorTrainer.Core.Tests.Experiments.Placement;

public sealed class GenerationLeadSpec
{
    private static readonly Generation Two = new(2);
    private readonly GenerationLead _lead = new(Definition(), Two, [new("a", new(0, 1)), new("b", new(1, 2))], attach: false);

    [Fact]
    public void It_is_gathered_once_all_have_joined_and_begun_once_it_is_journalled()
    {
        Assert.Equal([new GenerationEffect.Join(0), new GenerationEffect.Join(1)], _lead.Open());
        Assert.Equal([new GenerationEffect.Meet(0)], _lead.Joined(0, Two, "here", null, Seconds(1)));
        var gathered = Assert.IsType<GenerationEffect.Gathered>(_lead.Joined(1, Two, "there", null, Seconds(1))[^1]);
        Assert.Equal(["a", "b"], gathered.Seats.Select(seat => seat.Node));
        var starts = Begin();
        Assert.Equal([0, 1], starts.Select(start => start.Team.Rank));
        Assert.Equal(["here", "there"], starts[0].Team.Members.Select(member => member.Endpoint));
    }

    [Fact]
    public void A_seat_that_is_still_in_an_older_generation_is_told_again_to_train()
    {
        JoinBoth();
        var starts = Begin();
        Assert.Equal([starts[1]], _lead.Alive(1, new(1), Seconds(2)));
        _lead.Alive(1, Two, Seconds(3));
        Assert.Empty(_lead.Alive(1, new(1), Seconds(3)));      // an answer from before, overtaken
    }

    [Fact]
    public void A_seat_that_lives_and_does_not_begin_is_lost()
    {
        JoinBoth();
        Begin();
        _lead.Alive(0, Two, Seconds(11));
        _lead.Alive(1, new(1), Seconds(11));
        Assert.Contains(_lead.Tick(Seconds(12)), effect => effect is GenerationEffect.LoseSeat { Rank: 1 });
    }

    [Fact]
    public void What_a_seat_says_is_heard_in_order_and_without_gaps()
    {
        JoinBoth();
        Begin();
        var word = new SeatNews.ForExperiment();
        Assert.Empty(_lead.Said(0, Two, 2, word, Seconds(2)));
        Assert.Equal([new GenerationEffect.HandOn(0)], _lead.Said(0, Two, 1, word, Seconds(2)));
        Assert.Empty(_lead.Said(0, Two, 1, word, Seconds(2)));
        Assert.Equal([new GenerationEffect.Attach(0, 1), new GenerationEffect.Attach(1, 0)], _lead.Tick(Seconds(3)));
    }

    [Fact]
    public void A_request_is_said_again_until_all_have_done_it()
    {
        JoinBoth();
        Assert.Empty(_lead.Request(StepRequest.CheckpointAndStop));        // nobody trains yet
        Begin();
        GenerationEffect[] both = [new GenerationEffect.Ask(0, StepRequest.CheckpointAndStop), new GenerationEffect.Ask(1, StepRequest.CheckpointAndStop)];
        Assert.Equal(both, Requests(_lead.Tick(Seconds(2))));
        Assert.Equal(both, Requests(_lead.Request(StepRequest.CheckpointAndRegroup)));       // the greater stands
        _lead.Said(0, Two, 1, new SeatNews.Stopped(new(4), StepRequest.CheckpointAndStop), Seconds(2));
        Assert.Equal([both[1]], Requests(_lead.Tick(Seconds(3))));

        static IEnumerable<GenerationEffect> Requests(IReadOnlyList<GenerationEffect> effects) => effects.Where(effect => effect is GenerationEffect.Ask);
    }

    [Fact]
    public void After_bad_news_whoever_does_not_answer_is_lost_and_the_others_can_go_on()
    {
        JoinBoth();
        Begin();
        var effects = _lead.Said(0, Two, 1, new SeatNews.Interrupted("a peer is silent"), Seconds(5));
        Assert.Equal(new GenerationEffect.Settle(GenerationLead.Settling), effects[^1]);
        _lead.Alive(0, Two, Seconds(5.1));
        var broken = Assert.IsType<GenerationEffect.Broken>(Assert.Single(_lead.Settled()));
        Assert.Equal(ImmutableDictionary<string, string>.Empty.Add("b", "it does not answer"), broken.Lost);
        Assert.Equal("a peer is silent", broken.Reason);
        Assert.Empty(_lead.Settled());
    }

    private void JoinBoth()
    {
        _lead.Open();
        _lead.Joined(0, Two, "here", null, Seconds(1));
        _lead.Joined(1, Two, "there", null, Seconds(1));
    }

    private List<GenerationEffect.Start> Begin() => [.. _lead.Begin(new GenerationStart(TrainingCursor.Start, null, null), "key", Seconds(1)).Cast<GenerationEffect.Start>()];

    private static TimeSpan Seconds(double seconds) => TimeSpan.FromSeconds(seconds);
}
