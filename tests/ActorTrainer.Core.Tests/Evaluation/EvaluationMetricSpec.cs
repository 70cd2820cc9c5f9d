using ActorTrainer.Core.Evaluation;

namespace ActorTrainer.Core.Tests.Evaluation;

public sealed class EvaluationMetricSpec
{
    [Fact]
    public void Each_name_means_one_metric()
    {
        Assert.Equal(Enum.GetValues<EvaluationMetric>(), EvaluationMetricNames.All.Select(known => known.Metric));
        var metrics = new EvaluationMetrics(4, 0.5, 0.75, 1, [2, 0, 1, 1]);
        var means = MacroScores.Of(metrics.Confusion);
        Assert.Equal([0.5, 0.75, 1, means.Precision, means.Recall, means.F1], Enum.GetValues<EvaluationMetric>().Select(metrics.Of));
    }

    [Theory]
    [InlineData("[f1, top5]")]
    [InlineData("[\"f1\",\"top5\"]")]
    public void The_canonical_value_reads_back_in_its_order(string canonical) =>
        Assert.Equal<EvaluationMetric>([EvaluationMetric.F1, EvaluationMetric.Top5], EvaluationMetricNames.Parse(canonical).AsEnumerable());

    [Fact]
    public void A_run_older_than_the_key_shows_the_default() => Assert.Equal(EvaluationMetricNames.Default.AsEnumerable(), EvaluationMetricNames.Parse(null));
}
