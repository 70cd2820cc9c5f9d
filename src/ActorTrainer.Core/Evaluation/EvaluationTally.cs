namespace ActorTrainer.Core.Evaluation;

/// <summary>
/// Adds up what batches of logits say about a set: integer counts, and losses in fp64 in the order in which samples come, so that one order gives
/// one result. A class's rank is the number of classes with a greater logit, and of those with the same one and a lower index.
/// </summary>
public sealed class EvaluationTally
{
    private readonly int _classes;
    private readonly long[] _confusion;
    private double _loss, _weight;
    private long _samples, _top1, _top5;

    public EvaluationTally(int classes)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(classes);
        (_classes, _confusion) = (classes, new long[checked(classes * classes)]);
    }

    /// <summary>
    /// A sample of weight 0 is left out. One with a NaN among its logits makes the loss NaN, counts as wrong, and is in no column of the confusion matrix.
    /// </summary>
    /// <param name="logits">N x K, row-major.</param>
    /// <param name="labels">N classes, each in 0..K-1.</param>
    /// <param name="weights">N weights of the loss; the counts take every positive one as 1.</param>
    public void Add(ReadOnlySpan<float> logits, ReadOnlySpan<int> labels, ReadOnlySpan<float> weights)
    {
        if (logits.Length != (long)labels.Length * _classes || weights.Length != labels.Length)
            throw new ArgumentException($"{logits.Length} logits and {weights.Length} weights for {labels.Length} samples of {_classes} classes.", nameof(logits));
        for (int i = 0; i < labels.Length; i++)
        {
            if (weights[i] != 0) Add(logits.Slice(i * _classes, _classes), labels[i], weights[i]);
        }
    }

    /// <summary>Where nothing was counted, loss and shares are NaN.</summary>
    public EvaluationMetrics Result() =>
        new(_samples, _loss / _weight, (double)_top1 / _samples, (double)_top5 / _samples, [.. _confusion]);

    private void Add(ReadOnlySpan<float> logits, int label, double weight)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)label, (uint)_classes, nameof(label));
        _samples++;
        _weight += weight;
        if (Ranking.Best(logits) is not { } predicted)
        {
            _loss = double.NaN;
            return;
        }

        _loss += weight * Softmax.NegativeLogOf(logits, label);
        _confusion[label * _classes + predicted]++;
        int rank = Ranking.RankOf(logits, label);
        if (rank < 1) _top1++;
        if (rank < 5) _top5++;
    }
}
