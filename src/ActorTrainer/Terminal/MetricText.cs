using System.Collections.Immutable;
using ActorTrainer.Core.Evaluation;
using ActorTrainer.Core.Experiments;

namespace ActorTrainer.Terminal;

/// <summary>An evaluation's metrics for a person: those that <c>evaluation.metrics</c> names, in its order.</summary>
internal static class MetricText
{
    public static ImmutableArray<EvaluationMetric> ChosenBy(ExperimentDefinition definition) =>
        EvaluationMetricNames.Parse(definition.Settings.GetValueOrDefault(EvaluationMetricNames.Key));

    public static string Label(EvaluationMetric metric) => metric switch
    {
        EvaluationMetric.Top1 => "top-1",
        EvaluationMetric.Top5 => "top-5",
        EvaluationMetric.F1 => "F1",
        _ => metric.ToString().ToLowerInvariant(),
    };

    public static string Value(EvaluationMetrics metrics, EvaluationMetric metric) =>
        metric == EvaluationMetric.Loss ? Format.Loss(metrics.Loss) : Format.Fraction(metrics.Of(metric));
}
