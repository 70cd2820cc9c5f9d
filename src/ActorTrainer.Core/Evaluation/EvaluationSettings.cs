using System.Collections.Immutable;

namespace ActorTrainer.Core.Evaluation;

/// <param name="EveryEpochs">Epochs between evaluations; the last epoch of a phase is always evaluated.</param>
/// <param name="BatchSize">Samples a forward pass; part of the result.</param>
public sealed record EvaluationSettings(int EveryEpochs, int BatchSize, EarlyStoppingSettings? EarlyStopping)
{
    /// <summary>Shown of each evaluation, in this order.</summary>
    public ImmutableArray<EvaluationMetric> Metrics { get; init; } = EvaluationMetricNames.Default;
}

/// <summary>Ends a phase when the metric has not improved for <paramref name="Patience"/> evaluations.</summary>
/// <param name="MinDelta">How much better counts as better.</param>
public sealed record EarlyStoppingSettings(StoppingMetric Metric, int Patience, double MinDelta);

public enum StoppingMetric { Top1, Loss }
