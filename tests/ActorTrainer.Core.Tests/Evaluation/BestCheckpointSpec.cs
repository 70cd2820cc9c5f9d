using ActorTrainer.Core.Evaluation;

namespace ActorTrainer.Core.Tests.Evaluation;

public sealed class BestCheckpointSpec
{
    [Fact]
    public void The_highest_top_1_is_best() => AssertBest(20, (10, 0.5, 0.1), (20, 0.7, 0.9), (30, 0.6, 0.1));

    [Fact]
    public void Of_equal_top_1_the_lower_loss_is_best() => AssertBest(30, (10, 0.7, 0.5), (20, 0.7, 0.6), (30, 0.7, 0.4));

    [Fact]
    public void Of_equal_results_the_earlier_is_best_so_a_later_one_must_be_strictly_better() => AssertBest(10, (10, 0.7, 0.5), (20, 0.7, 0.5));

    [Fact]
    public void A_result_that_is_not_a_number_is_never_best() =>
        AssertBest(30, (10, double.NaN, 0.1), (20, 0.9, double.NaN), (30, 0.1, 5));

    [Fact]
    public void Without_a_result_nothing_is_best()
    {
        Assert.Null(BestCheckpoint.Of([]));
        Assert.Null(BestCheckpoint.Of([Rows.Of(10, double.NaN, double.NaN)]));
    }

    private static void AssertBest(long step, params (long Step, double Top1, double Loss)[] results)
    {
        var rows = results.Select(r => Rows.Of(r.Step, r.Top1, r.Loss)).ToList();

        Assert.Equal(step, BestCheckpoint.Of(rows)!.Step.Value);
        Assert.Equal(step, BestCheckpoint.Of(Enumerable.Reverse(rows))!.Step.Value);
    }
}
