using ActorTrainer.Core.Gradients;

namespace ActorTrainer.Torch.Gradients;

/// <summary>
/// Sums the flat vectors of a range of shards along the fixed binary tree as they come, in log2(L) + 1 vectors at most. The vectors are kept for
/// the next step.
/// </summary>
/// <param name="lendsWork">The work vector is a sum itself, where no other shard needs it: else each shard's values are taken over.</param>
internal sealed class ShardTree(FlatVector work, Func<IShardSum> allocate, bool lendsWork) : IDisposable
{
    private readonly List<IShardSum> _all = [];
    private readonly Stack<IShardSum> _free = new();

    /// <summary>The sums of the range's aligned subtrees, from left to right; void at the next call.</summary>
    /// <param name="compute">Leaves one shard's values in the work vector.</param>
    public IReadOnlyList<(Subtree At, IShardSum Sum)> Sum(ShardRange range, Action<int> compute)
    {
        _free.Clear();
        foreach (var vector in _all) _free.Push(vector);
        var tree = new SubtreeSum<IShardSum>(Add);
        for (int shard = range.First; shard < range.End; shard++)
        {
            compute(shard);
            bool waits = shard % 2 == 0 || shard == range.First, last = shard == range.End - 1;
            tree.Add(new(shard, 1), lendsWork && (last || !waits) ? work : Copy());
        }

        return tree.Parts;
    }

    public void Dispose()
    {
        foreach (var vector in _all) vector.Dispose();
    }

    private IShardSum Add(IShardSum left, IShardSum right)
    {
        left.Add(right);
        if (right != work) _free.Push(right);
        return left;
    }

    private IShardSum Copy()
    {
        if (!_free.TryPop(out var vector))
        {
            vector = allocate();
            _all.Add(vector);
        }

        vector.Take(work);
        return vector;
    }
}
