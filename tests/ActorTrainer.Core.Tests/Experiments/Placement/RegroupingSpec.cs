using ActorTrainer.Core.Data;
using ActorTrainer.Core.Experiments;
using ActorTrainer.Core.Experiments.Placement;
using ActorTrainer.Core.Training;
using static ActorTrainer.Core.Tests.Experiments.History;

namespace ActorTrainer.Core.Tests.Experiments.Placement;

public sealed class RegroupingSpec
{
    private static readonly CommittedCheckpoint Ten = new(Id(1, 10), Cursor(10), new string('a', 64), 1, default);

    /// <summary>Two phases of twenty steps, ten an epoch, evaluated after every second.</summary>
    internal static readonly TrainingPlan Plan = new([Phase("head"), Phase("all")], EvaluateEveryEpochs: 2, null);

    private static LiveState At(long step, string hash = "h") => new(Cursor(step), hash);

    [Fact]
    public void Nothing_committed_and_nothing_in_memory_begins_at_the_beginning() =>
        Assert.Equal(new GenerationStart(TrainingCursor.Start, null, null), Regrouping.Decide([null, null], null, Plan));

    [Fact]
    public void One_state_on_all_beyond_the_checkpoint_goes_on() =>
        Assert.Equal(new GenerationStart(Cursor(13), null, "h"), Regrouping.Decide([At(13), At(13)], Ten, Plan));

    [Fact]
    public void One_without_a_state_gets_it_from_the_first_that_has_it() =>
        Assert.Equal(new GenerationStart(Cursor(13), null, "h", Giver: 1), Regrouping.Decide([null, At(13), At(13)], Ten, Plan));

    [Fact]
    public void One_that_is_a_step_behind_gets_the_state_of_those_ahead() =>
        Assert.Equal(new GenerationStart(Cursor(13), null, "h", Giver: 1), Regrouping.Decide([At(12, "g"), At(13)], Ten, Plan));

    [Fact]
    public void Beyond_an_evaluation_whose_checkpoint_is_not_there_all_load()
    {
        var five = Ten with { Id = Id(1, 5), Cursor = Cursor(5) };
        Assert.Equal(new GenerationStart(Cursor(10), null, "h"), Regrouping.Decide([At(10)], five, Plan with { EvaluateEveryEpochs = 1 }));       // an epoch's end: it can still be written
        Assert.Equal(new GenerationStart(Cursor(5), five.Id, null), Regrouping.Decide([At(11)], five, Plan with { EvaluateEveryEpochs = 1 }));
    }

    [Fact]
    public void A_checkpoint_for_going_on_from_alone_is_done_without() =>
        Assert.True(Regrouping.Decide([At(16)], Ten, Plan with { CheckpointEverySteps = 5 }).IsLive);

    [Fact]
    public void The_end_of_a_phase_can_still_be_written_and_what_is_beyond_it_can_not()
    {
        Assert.True(Regrouping.Decide([At(20)], Ten, Plan).IsLive);
        Assert.False(Regrouping.Decide([At(21)], Ten, Plan).IsLive);
    }

    [Fact]
    public void A_state_behind_what_is_committed_is_not_gone_back_to() =>
        Assert.Equal(new GenerationStart(Cursor(10), Ten.Id, null), Regrouping.Decide([At(9), At(9)], Ten, Plan));

    [Fact]
    public void Of_states_that_differ_none_is_trusted_and_it_says_so()
    {
        var start = Regrouping.Decide([At(13, "x"), At(13, "y")], Ten, Plan);
        Assert.Equal(Ten.Id, start.Source);
        Assert.Contains("after step 13 differ", start.Disagreement);
    }

    private static PhasePlan Phase(string name) => new(
        new()
        {
            Name = name,
            Epochs = 2,
            Trainable = ["all"],
            Data = new() { Train = "/data", Validation = new ValidationSource.None() },
            Optimizer = new() { Type = OptimizerType.Sgd, LearningRate = 0.1 },
            Schedule = new() { Type = ScheduleType.Constant },
        },
        new EpochPlan(Seed: 1, [.. Enumerable.Range(0, 20)], 2, LastBatch.Keep), ["a", "b"]);
}
