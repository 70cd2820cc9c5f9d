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
    public IReadOnlyList<(Subtree At, IShardSum Sum)> Sum(ShardRange range, Action<int> compute) => Sum(range, (shard, _) => compute(shard), null, null);

    /// <inheritdoc cref="Sum(ShardRange, Action{int})"/>
    /// <param name="compute">Also given, of the last shard, what to call when the early part of its values stands in the work vector; null: nothing.</param>
    /// <param name="early">Null: nothing is wanted early.</param>
    /// <param name="tell">Given the sums when their early part is final.</param>
    public IReadOnlyList<(Subtree At, IShardSum Sum)> Sum(ShardRange range, Action<int, Action?> compute, EarlyPart? early, Action<IReadOnlyList<(Subtree At, IShardSum Sum)>>? tell)
    {
        _free.Clear();
        foreach (var vector in _all) _free.Push(vector);
        var additions = new List<(IShardSum Into, IShardSum Other)>();
        int last = range.End - 1;
        bool isLast = false;
        var tree = new SubtreeSum<IShardSum>((left, right) =>
        {
            if (isLast) additions.Add((left, right));
            else Add(left, right);
            return left;
        });
        for (int shard = range.First; shard < last; shard++)
        {
            compute(shard, null);
            bool waits = shard % 2 == 0 || shard == range.First;
            tree.Add(new(shard, 1), lendsWork && !waits ? work : Copy());
        }

        // Of the last it is known before it is computed what its values will be added to: so a part of them can be, early.
        isLast = true;
        var own = lendsWork ? work : Rent();
        tree.Add(new(last, 1), own);
        compute(last, early is null ? null : () =>
        {
            AddUp(early.First);
            tell?.Invoke(tree.Parts);
        });
        AddUp(early?.Rest);
        return tree.Parts;

        void AddUp(FlatPart? part)
        {
            if (own != work) own.Take(work, part);
            foreach (var (into, other) in additions) into.Add(other, part);
        }
    }

    public void Dispose()
    {
        foreach (var vector in _all) vector.Dispose();
    }

    private void Add(IShardSum left, IShardSum right)
    {
        left.Add(right);
        if (right != work) _free.Push(right);
    }

    private IShardSum Copy()
    {
        var vector = Rent();
        vector.Take(work);
        return vector;
    }

    private IShardSum Rent()
    {
        if (_free.TryPop(out var vector)) return vector;
        vector = allocate();
        _all.Add(vector);
        return vector;
    }
}
