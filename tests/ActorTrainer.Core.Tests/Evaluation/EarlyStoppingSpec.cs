using ActorTrainer.Core.Evaluation;
using CsCheck;

namespace ActorTrainer.Core.Tests.Evaluation;

public sealed class EarlyStoppingSpec
{
    [Theory]
    [InlineData(2, 0, new[] { 0.1, 0.2, 0.3 }, null)]
    [InlineData(2, 0, new[] { 0.3, 0.2, 0.2 }, 3)]
    [InlineData(2, 0, new[] { 0.3, 0.3, 0.3 }, 3)]
    [InlineData(2, 0, new[] { 0.3, 0.2, 0.4, 0.3, 0.3 }, 5)]
    [InlineData(1, 0, new[] { 0.3, 0.2, 0.4 }, 2)]
    [InlineData(2, 0.05, new[] { 0.30, 0.33, 0.34 }, 3)]
    [InlineData(2, 0.05, new[] { 0.30, 0.33, 0.36, 0.36 }, null)]
    [InlineData(2, 0, new[] { double.NaN, double.NaN }, 2)]
    [InlineData(2, 0, new[] { 0.3, double.NaN, double.NaN }, 3)]
    [InlineData(2, 0, new double[0], null)]
    public void Patience_is_used_up_by_evaluations_that_are_not_better_than_the_best(int patience, double minDelta, double[] top1, int? judgedAt)
    {
        var settings = new EarlyStoppingSettings(StoppingMetric.Top1, patience, minDelta);
        var rows = top1.Select((value, i) => Rows.Of(i + 1, value, loss: 1)).ToList();

        Assert.Equal(judgedAt, (int?)EarlyStopping.JudgedAt(rows, settings)?.Step.Value);
        Assert.Equal(judgedAt is null ? StoppingVerdict.Continue : StoppingVerdict.Stop, EarlyStopping.Decide(rows, settings));
    }

    [Fact]
    public void A_lower_loss_is_better()
    {
        var settings = new EarlyStoppingSettings(StoppingMetric.Loss, Patience: 2, MinDelta: 0.1);
        EvaluationRow[] rows = [Rows.Of(1, 0.5, 2), Rows.Of(2, 0.5, 1.5), Rows.Of(3, 0.9, 1.45), Rows.Of(4, 0.9, 1.6)];

        Assert.Equal(4, EarlyStopping.JudgedAt(rows, settings)!.Step.Value);
        Assert.Null(EarlyStopping.JudgedAt([.. rows[..3], Rows.Of(4, 0.5, 1.3)], settings));
    }

    [Fact]
    public void What_comes_after_the_verdict_does_not_change_it()
    {
        var settings = Gen.Select(Gen.Enum<StoppingMetric>(), Gen.Int[1, 4], Gen.Double[0, 0.2], (metric, patience, delta) => new EarlyStoppingSettings(metric, patience, delta));
        Gen.Select(settings, Gen.Double.Unit.Array[1, 20]).Sample((early, values) =>
        {
            var rows = values.Select((value, i) => Rows.Of(i + 1, value, loss: 1 - value)).ToList();
            var verdicts = Enumerable.Range(0, rows.Count + 1).Select(count => EarlyStopping.JudgedAt(rows.Take(count), early)).ToList();
            int first = verdicts.FindIndex(row => row is not null);
            if (first >= 0) Assert.All(verdicts.Skip(first), row => Assert.Equal(verdicts[first], row));
        });
    }
}
