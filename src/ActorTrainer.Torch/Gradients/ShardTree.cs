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
    public IReadOnlyList<(Subtree At, FlatVector Sum)> Sum(ShardRange range, Action<int> compute)
    {
        _free.Clear();
        foreach (var vector in _all) _free.Push(vector);
        var tree = new SubtreeSum<FlatVector>(Add);
        for (int shard = range.First; shard < range.End; shard++)
        {
            compute(shard);
            bool waits = shard % 2 == 0 || shard == range.First, last = shard == range.End - 1;
            tree.Add(new(shard, 1), waits && !last ? Copy() : work);
        }

        return tree.Parts;
    }

    public void Dispose()
    {
        foreach (var vector in _all) vector.Dispose();
    }

    private FlatVector Add(FlatVector left, FlatVector right)
    {
        left.Tensor.add_(right.Tensor, Number.One);
        if (right != work) _free.Push(right);
        return left;
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
