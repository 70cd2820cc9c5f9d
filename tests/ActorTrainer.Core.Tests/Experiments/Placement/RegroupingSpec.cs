using ActorTrainer.Core.Experiments;
using ActorTrainer.Core.Experiments.Placement;
using ActorTrainer.Core.Training;
using static ActorTrainer.Core.Tests.Experiments.History;

namespace ActorTrainer.Core.Tests.Experiments.Placement;

public sealed class RegroupingSpec
{
    private static readonly CommittedCheckpoint Ten = new(Id(1, 10), Cursor(10), new string('a', 64), 1, default);

    private static LiveState At(long step, string hash = "h") => new(Cursor(step), hash);

    [Fact]
    public void Nothing_committed_and_nothing_in_memory_begins_at_the_beginning() =>
        Assert.Equal(new GenerationStart(TrainingCursor.Start, null, null), Regrouping.Decide([null, null], null));

    [Fact]
    public void One_state_on_all_beyond_the_checkpoint_goes_on() =>
        Assert.Equal(new GenerationStart(Cursor(13), null, "h"), Regrouping.Decide([At(13), At(13)], Ten));

    [Fact]
    public void One_without_a_state_makes_all_load() =>
        Assert.Equal(new GenerationStart(Cursor(10), Ten.Id, null), Regrouping.Decide([At(13), null], Ten));

    [Fact]
    public void A_step_apart_all_load() =>
        Assert.Equal(new GenerationStart(Cursor(10), Ten.Id, null), Regrouping.Decide([At(13), At(12)], Ten));

    [Fact]
    public void A_state_behind_what_is_committed_is_not_gone_back_to() =>
        Assert.Equal(new GenerationStart(Cursor(10), Ten.Id, null), Regrouping.Decide([At(9), At(9)], Ten));

    [Fact]
    public void Of_states_that_differ_none_is_trusted_and_it_says_so()
    {
        var start = Regrouping.Decide([At(13, "x"), At(13, "y")], Ten);
        Assert.Equal(Ten.Id, start.Source);
        Assert.Contains("after step 13 differ", start.Disagreement);
    }
}
