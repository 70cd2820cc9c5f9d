using ActorTrainer.Core.Gradients;

namespace ActorTrainer.Torch.Gradients;

/// <summary>
/// Sums the flat vectors of one aligned subtree's shards along the fixed binary tree, in the order in which they come: a binary counter whose
/// digit j holds the sum of 2^j neighbours, so that log2(L) + 1 vectors are enough for any L.
/// </summary>
internal sealed class ShardTree : IDisposable
{
    private readonly Func<FlatVector> _allocate;
    private readonly List<FlatVector> _all = [];
    private readonly Stack<FlatVector> _free = new();

    public ShardTree(Func<FlatVector> allocate) => _allocate = allocate;

    /// <summary>Takes back every vector: sums handed out before are void from here on.</summary>
    public void Reset()
    {
        _free.Clear();
        foreach (var vector in _all) _free.Push(vector);
    }

    /// <summary>
    /// The sum over <paramref name="subtree"/>. <paramref name="compute"/> fills <paramref name="work"/> with one shard's vector and returns its tail.
    /// The result is <paramref name="work"/> itself where <paramref name="last"/> says that nobody needs it any more and one shard is all there is.
    /// </summary>
    public (FlatVector Sum, StepTail Tail) Sum(Subtree subtree, FlatVector work, bool last, Func<int, StepTail> compute)
    {
        var digits = new List<(FlatVector Sum, StepTail Tail)?>();
        if (subtree.Size == 1 && last) return (work, compute(subtree.First));

        for (int i = 0; i < subtree.Size; i++)
        {
            var tail = compute(subtree.First + i);
            int digit = 0;
            FlatVector? carried = null;
            for (; digit < digits.Count && digits[digit] is { } left; digit++)
            {
                // IEEE addition commutes: left + right may be kept in left's memory.
                left.Sum.Tensor.add_((carried ?? work).Tensor);
                tail = left.Tail + tail;
                if (carried is not null) _free.Push(carried);
                carried = left.Sum;
                digits[digit] = null;
            }

            if (carried is null)
            {
                carried = Rent();
                carried.Tensor.copy_(work.Tensor);
            }

            if (digit == digits.Count) digits.Add(null);
            digits[digit] = (carried, tail);
        }

        return digits[^1]!.Value;
    }

    public void Dispose()
    {
        foreach (var vector in _all) vector.Dispose();
    }

    private FlatVector Rent()
    {
        if (_free.TryPop(out var vector)) return vector;
        vector = _allocate();
        _all.Add(vector);
        return vector;
    }
}
