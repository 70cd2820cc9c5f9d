using System.Collections.Immutable;
using ActorTrainer.Core.Gradients;
using ActorTrainer.Core.Models;

namespace ActorTrainer.Transport.Gradients;

/// <summary>
/// What one trainer does with vectors of one length, a pure function of the group: which segment of the vector each rank sums, in which pieces, and
/// which subtrees are added to which. Bytes throughout.
/// </summary>
internal sealed class ExchangePlan
{
    /// <summary>A piece fits a core's cache together with what it is added to.</summary>
    public const int PieceBytes = 256 << 10;
    private const int Alignment = 64;
    private readonly ImmutableArray<int> _bounds;
    private readonly TensorType _gradient, _statistic;

    /// <param name="gradientBytes">Those behind them are statistics.</param>
    public ExchangePlan(CollectiveGroup group, int vectorBytes, int gradientBytes)
    {
        (Rank, VectorBytes, GradientBytes, _gradient, _statistic) = (group.Rank, vectorBytes, gradientBytes, group.Element, group.Statistic);
        int statisticBytes = vectorBytes - gradientBytes;
        if (gradientBytes < 0 || statisticBytes < 0 || gradientBytes % _gradient.Size() != 0 || statisticBytes % _statistic.Size() != 0 || (statisticBytes > 0 && gradientBytes % _statistic.Size() != 0))
            throw new ArgumentException($"{vectorBytes} bytes are no vector of {gradientBytes} of {_gradient.TorchName()} and then {_statistic.TorchName()}.");
        long units = ((long)vectorBytes + Alignment - 1) / Alignment;
        int world = group.Members.Length;
        _bounds = [.. Enumerable.Range(0, world + 1).Select(rank => (int)Math.Min(units * rank / world * Alignment, vectorBytes))];
        Subtrees = SubtreesOf(group);
        Additions = AdditionsOf(Subtrees, group.Rank);
    }

    public int Rank { get; }
    public int VectorBytes { get; }
    public int GradientBytes { get; }

    /// <summary>Each rank's, from left to right.</summary>
    public ImmutableArray<ImmutableArray<Subtree>> Subtrees { get; }

    /// <summary>
    /// Numbers of subtrees, counted over all ranks: <c>Other</c> is added to <c>Into</c>. The last one ends in this rank's first subtree. Either of
    /// two may take the other, since a + b is b + a to the bit.
    /// </summary>
    public ImmutableArray<(int Into, int Other)> Additions { get; }

    public static ImmutableArray<ImmutableArray<Subtree>> SubtreesOf(CollectiveGroup group)
    {
        var layout = new ShardLayout(group.LogicalShards);
        return [.. group.Members.Select(member => layout.Subtrees(member.Own).ToImmutableArray())];
    }

    /// <summary>What a rank sums.</summary>
    public (int Offset, int Length) Segment(int rank) => (_bounds[rank], _bounds[rank + 1] - _bounds[rank]);

    /// <summary>How many pieces a rank's segment has; none where the vector is too short for all ranks.</summary>
    public int Pieces(int rank) => (_bounds[rank + 1] - _bounds[rank] + PieceBytes - 1) / PieceBytes;

    public (int Offset, int Length) Piece(int rank, int piece)
    {
        int offset = _bounds[rank] + (piece * PieceBytes);
        return (offset, Math.Min(PieceBytes, _bounds[rank + 1] - offset));
    }

    /// <summary>Adds what stands from <paramref name="offset"/> of the vector on.</summary>
    public void Add(Span<byte> into, ReadOnlySpan<byte> other, int offset)
    {
        int gradients = Math.Clamp(GradientBytes - offset, 0, into.Length);
        SubtreeSums.Add(into[..gradients], other[..gradients], _gradient);
        SubtreeSums.Add(into[gradients..], other[gradients..], _statistic);
    }

    private static ImmutableArray<(int, int)> AdditionsOf(ImmutableArray<ImmutableArray<Subtree>> subtrees, int rank)
    {
        int mine = subtrees.Take(rank).Sum(of => of.Length), next = 0;
        var additions = ImmutableArray.CreateBuilder<(int, int)>();
        var tree = new SubtreeSum<int>((left, right) =>
        {
            var (into, other) = right == mine ? (right, left) : (left, right);
            additions.Add((into, other));
            return into;
        });
        foreach (var subtree in subtrees.SelectMany(of => of)) tree.Add(subtree, next++);
        return additions.ToImmutable();
    }
}
