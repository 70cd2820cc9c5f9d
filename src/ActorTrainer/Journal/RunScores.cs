using System.Collections.Immutable;
using ActorTrainer.Core.Evaluation;
using ActorTrainer.Core.Experiments;

namespace ActorTrainer.Journal;

/// <summary>The measurement that speaks for a run: of the test set, else the best validation of the last phase.</summary>
internal static class RunScores
{
    public static EvaluationMetrics? MetricsOf(Experiment run) =>
        run.Test?.Metrics ?? run.Evaluations.FirstOrDefault(row => row.Step == run.BestStep)?.Metrics;

    /// <summary>By class; empty before anything was measured.</summary>
    public static ImmutableArray<ClassScore> ClassesOf(Experiment run) =>
        MetricsOf(run) is { } metrics ? ClassScores.Of(metrics.Confusion, run.Definition.Phases[^1].Classes) : [];
}
