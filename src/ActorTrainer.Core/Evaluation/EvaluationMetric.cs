using System.Collections.Immutable;

namespace ActorTrainer.Core.Evaluation;

/// <summary>What of an evaluation is shown. Precision, recall and F1 are means over the classes (<see cref="MacroScores"/>).</summary>
public enum EvaluationMetric { Loss, Top1, Top5, Precision, Recall, F1 }

/// <summary>The names of <see cref="EvaluationMetric"/> in <c>evaluation.metrics</c>, and their values.</summary>
public static class EvaluationMetricNames
{
    /// <summary>Of the journal's settings.</summary>
    public const string Key = "experiment.evaluation.metrics";

    public static ImmutableArray<(string Name, EvaluationMetric Metric)> All { get; } =
    [
        ("loss", EvaluationMetric.Loss), ("top1", EvaluationMetric.Top1), ("top5", EvaluationMetric.Top5),
        ("precision", EvaluationMetric.Precision), ("recall", EvaluationMetric.Recall), ("f1", EvaluationMetric.F1),
    ];

    public static ImmutableArray<EvaluationMetric> Default { get; } = [EvaluationMetric.Loss, EvaluationMetric.Top1];

    /// <summary>From the key's canonical value, <c>[loss, top1]</c>; the default where a run is older than the key.</summary>
    public static ImmutableArray<EvaluationMetric> Parse(string? canonical) => canonical is null ? Default :
    [
        .. canonical.Trim('[', ']').Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
            .Select(word => All.First(known => known.Name == word.Trim('"')).Metric),
    ];

    public static double Of(this EvaluationMetrics metrics, EvaluationMetric metric) => metric switch
    {
        EvaluationMetric.Loss => metrics.Loss,
        EvaluationMetric.Top1 => metrics.Top1,
        EvaluationMetric.Top5 => metrics.Top5,
        EvaluationMetric.Precision => MacroScores.Of(metrics.Confusion).Precision,
        EvaluationMetric.Recall => MacroScores.Of(metrics.Confusion).Recall,
        EvaluationMetric.F1 => MacroScores.Of(metrics.Confusion).F1,
        _ => throw new ArgumentOutOfRangeException(nameof(metric)),
    };
}
