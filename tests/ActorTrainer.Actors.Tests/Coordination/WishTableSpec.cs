using ActorTrainer.Actors.Coordination;
using ActorTrainer.Actors.Tests.Fakes;
using ActorTrainer.Core.Experiments;
using static ActorTrainer.Actors.Coordination.CoordinatorProtocol;
using static ActorTrainer.Core.Experiments.ExperimentEvents;

namespace ActorTrainer.Actors.Tests.Coordination;

/// <summary>The table of <see cref="WishTable"/>, cell by cell.</summary>
public sealed class WishTableSpec
{
    private static readonly DateTimeOffset At = new(2026, 11, 28, 12, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData(Wish.Pause, typeof(Deed.Pause))]
    [InlineData(Wish.Resume, typeof(Deed.Nothing))]
    [InlineData(Wish.Cancel, typeof(Deed.Cancel))]
    [InlineData(Wish.Remove, typeof(Deed.Refuse))]
    public void Under_way(Wish wish, Type deed) => Assert.IsType(deed, WishTable.UnderWay(wish, new("some"), isOpen: true));

    [Theory]
    [InlineData(Wish.Pause, typeof(Deed.Refuse))]
    [InlineData(Wish.Resume, typeof(Deed.Nothing))]
    [InlineData(Wish.Cancel, typeof(Deed.Refuse))]
    public void Under_way_and_nobody_to_tell(Wish wish, Type deed) => Assert.IsType(deed, WishTable.UnderWay(wish, new("some"), isOpen: false));

    [Theory]
    [InlineData(Wish.Pause, typeof(Deed.Nothing), typeof(Deed.Refuse), typeof(Deed.Refuse), typeof(Deed.Refuse))]
    [InlineData(Wish.Resume, typeof(Deed.Readmit), typeof(Deed.Readmit), typeof(Deed.Readmit), typeof(Deed.Refuse))]
    [InlineData(Wish.Cancel, typeof(Deed.GiveUp), typeof(Deed.GiveUp), typeof(Deed.Refuse), typeof(Deed.Refuse))]
    [InlineData(Wish.Remove, typeof(Deed.Remove), typeof(Deed.Remove), typeof(Deed.Remove), typeof(Deed.Remove))]
    public void At_rest(Wish wish, Type paused, Type failed, Type completed, Type cancelled) => Assert.Equal(
        [paused, failed, completed, cancelled],
        new IExperimentEvent[] { new ExperimentPaused(StepNumber.Zero, At), new ExperimentFailed("it broke", At), new ExperimentCompleted("d1gest", At), new ExperimentCancelled(At) }
            .Select(end => WishTable.AtRest(wish, Resting(end)).GetType()));

    [Fact]
    public void A_refusal_says_how_it_stands() =>
        Assert.Equal(new Deed.Refuse("The experiment 'some' is completed, not under way."), WishTable.AtRest(Wish.Pause, Resting(new ExperimentCompleted("d1gest", At))));

    private static Experiment Resting(IExperimentEvent end) => Experiment.Of([new ExperimentCreated(Some.Definition(Some.Plan()), At), end])!;
}
