using System.Collections.Immutable;
using ActorTrainer.Core.Experiments;

namespace ActorTrainer.Core.Evaluation;

/// <summary>What was measured on one set: losses and fractions of 1.</summary>
/// <param name="Loss">Weighted mean of the cross-entropy, in nats.</param>
/// <param name="Confusion">K x K counts, row-major: row = true class, column = predicted.</param>
public sealed record EvaluationMetrics(long Samples, double Loss, double Top1, double Top5, ImmutableArray<long> Confusion)
{
    /// <summary>Value equality over the confusion matrix too: a second, different row for a step is a determinism error.</summary>
    public bool Equals(EvaluationMetrics? other) =>
        other is not null && (Samples, Loss, Top1, Top5).Equals((other.Samples, other.Loss, other.Top1, other.Top5)) && Confusion.AsSpan().SequenceEqual(other.Confusion.AsSpan());

    public override int GetHashCode() => HashCode.Combine(Samples, Loss, Top1, Top5);
}

/// <summary>The validation of one checkpoint.</summary>
/// <param name="Epoch">Epochs done, over the whole experiment.</param>
public sealed record EvaluationRow(StepNumber Step, int Phase, int Epoch, EvaluationMetrics Metrics);
