using ActorTrainer.Core.Gradients;
using ActorTrainer.Torch.Devices;

namespace ActorTrainer.Torch.Gradients;

/// <summary>
/// Sums the flat vectors of a range of shards along the fixed binary tree as they come, in log2(L) + 1 vectors at most. The vectors are kept for
/// the next step.
/// </summary>
internal sealed class ShardTree(FlatVector work, Func<FlatVector> allocate) : IDisposable
{
    private readonly List<FlatVector> _all = [];
    private readonly Stack<FlatVector> _free = new();

    /// <summary>The sums of the range's aligned subtrees, from left to right; void at the next call.</summary>
    /// <param name="compute">Leaves one shard's values in the work vector.</param>
    public IReadOnlyList<(Subtree At, FlatVector Sum, StepTail Tail)> Sum(ShardRange range, Func<int, StepTail> compute)
    {
        _free.Clear();
        foreach (var vector in _all) _free.Push(vector);
        var tree = new SubtreeSum<(FlatVector Sum, StepTail Tail)>(Add);
        for (int shard = range.First; shard < range.End; shard++)
        {
            var tail = compute(shard);
            bool waits = shard % 2 == 0 || shard == range.First, last = shard == range.End - 1;
            tree.Add(new(shard, 1), (waits && !last ? Copy() : work, tail));
        }

        return [.. tree.Parts.Select(part => (part.At, part.Sum.Sum, part.Sum.Tail))];
    }

    public void Dispose()
    {
        foreach (var vector in _all) vector.Dispose();
    }

    private (FlatVector, StepTail) Add((FlatVector Sum, StepTail Tail) left, (FlatVector Sum, StepTail Tail) right)
    {
        left.Sum.Tensor.add_(right.Sum.Tensor, Number.One);
        if (right.Sum != work) _free.Push(right.Sum);
        return (left.Sum, left.Tail + right.Tail);
    }

    private FlatVector Copy()
    {
        if (!_free.TryPop(out var vector))
        {
            vector = allocate();
            _all.Add(vector);
        }

        vector.Tensor.copy_(work.Tensor);
        return vector;
    }
}
