using System.Numerics;
using System.Runtime.InteropServices;
using ActorTrainer.Core.Models;

namespace ActorTrainer.Core.Gradients;

/// <summary>Sums of host arrays, element by element: each element is one rounded addition, so vectors give the bits of scalars.</summary>
public static class SubtreeSums
{
    /// <summary>left += right.</summary>
    public static void Add(Span<float> left, ReadOnlySpan<float> right) => AddTo(left, right);

    /// <inheritdoc cref="Add(Span{float}, ReadOnlySpan{float})"/>
    public static void Add(Span<double> left, ReadOnlySpan<double> right) => AddTo(left, right);

    /// <summary>left += right, of bytes that hold numbers of a type: float32, float64, bfloat16 (<see cref="Bf16"/>). Throws <see cref="ArgumentException"/> for another.</summary>
    public static void Add(Span<byte> left, ReadOnlySpan<byte> right, TensorType element)
    {
        switch (element)
        {
            case TensorType.Float32: Add(MemoryMarshal.Cast<byte, float>(left), MemoryMarshal.Cast<byte, float>(right)); break;
            case TensorType.Float64: Add(MemoryMarshal.Cast<byte, double>(left), MemoryMarshal.Cast<byte, double>(right)); break;
            case TensorType.BFloat16: Bf16.Add(MemoryMarshal.Cast<byte, ushort>(left), MemoryMarshal.Cast<byte, ushort>(right)); break;
            default: throw new ArgumentOutOfRangeException(nameof(element), element, "gradients are of no such type");
        }
    }

    private static void AddTo<T>(Span<T> left, ReadOnlySpan<T> right) where T : unmanaged, IAdditionOperators<T, T, T>
    {
        if (left.Length != right.Length) throw new ArgumentException($"{left.Length} values can't take {right.Length}.", nameof(right));
        var vectors = MemoryMarshal.Cast<T, Vector<T>>(left);
        var others = MemoryMarshal.Cast<T, Vector<T>>(right);
        for (int i = 0; i < vectors.Length; i++) vectors[i] += others[i];
        for (int i = vectors.Length * Vector<T>.Count; i < left.Length; i++) left[i] += right[i];
    }
}

/// <summary>
/// Adds parts up along the fixed tree while they come from left to right: two neighbours are added as soon as they are the halves of one node, and
/// only then. So any cut of the shards into aligned subtrees adds the same pairs as the recursion from the root, and at most log2(L) + 1 sums wait.
/// </summary>
/// <param name="add">The left half plus the right half; may reuse either's memory.</param>
public sealed class SubtreeSum<T>(Func<T, T, T> add)
{
    private readonly List<(Subtree At, T Sum)> _open = [];

    /// <summary>What has come, added up as far as the tree allows, from left to right. One part, if a whole node has come.</summary>
    public IReadOnlyList<(Subtree At, T Sum)> Parts => _open;

    public void Add(Subtree at, T sum)
    {
        if (!BitOperations.IsPow2(at.Size) || at.First < 0 || at.First % at.Size != 0) throw new ArgumentException($"{at} is no node of the tree.", nameof(at));
        if (_open is [.., var last] && last.At.First + last.At.Size != at.First)
            throw new ArgumentException($"{at} does not follow {last.At}.", nameof(at));
        while (_open is [.., var left] && left.At.Size == at.Size && left.At.First % (2 * at.Size) == 0)
        {
            _open.RemoveAt(_open.Count - 1);
            (at, sum) = (new(left.At.First, 2 * at.Size), add(left.Sum, sum));
        }

        _open.Add((at, sum));
    }
}
