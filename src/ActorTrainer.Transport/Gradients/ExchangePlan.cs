using System.Collections.Immutable;
using ActorTrainer.Core.Gradients;
using ActorTrainer.Core.Models;

namespace ActorTrainer.Transport.Gradients;

/// <summary>
/// What one trainer does with vectors of one length, or with the same part of each, a pure function of the group: which segment each rank sums, in which pieces,
/// and which subtrees are added to which. Bytes throughout.
/// </summary>
internal sealed class ExchangePlan
{
    /// <summary>A piece fits a core's cache together with what it is added to.</summary>
    public const int PieceBytes = 256 << 10;
    private const int Alignment = 64;

    /// <summary>Of a part's ranges: so no piece cuts a number.</summary>
    private const int Grain = 32;
    private readonly ImmutableArray<ImmutableArray<(int Offset, int Length)>> _pieces;
    private readonly TensorType _gradient, _statistic;

    /// <param name="gradientBytes">Those behind them are statistics.</param>
    /// <param name="part">Null: all of the vector.</param>
    public ExchangePlan(CollectiveGroup group, int vectorBytes, int gradientBytes, VectorPart? part = null)
    {
        (Rank, VectorBytes, GradientBytes, _gradient, _statistic) = (group.Rank, vectorBytes, gradientBytes, group.Element, group.Statistic);
        int statisticBytes = vectorBytes - gradientBytes;
        if (gradientBytes < 0 || statisticBytes < 0 || gradientBytes % _gradient.Size() != 0 || statisticBytes % _statistic.Size() != 0 || (statisticBytes > 0 && gradientBytes % _statistic.Size() != 0))
            throw new ArgumentException($"{vectorBytes} bytes are no vector of {gradientBytes} of {_gradient.TorchName()} and then {_statistic.TorchName()}.");
        part ??= VectorPart.All(vectorBytes);
        if (part.End > vectorBytes || part.Ranges.Any(range => range.Offset % Grain != 0 || (range.Length % Grain != 0 && range.Offset + range.Length != vectorBytes)))
            throw new ArgumentException($"No part of {vectorBytes} bytes in multiples of {Grain}.", nameof(part));
        PartBytes = part.Bytes;
        long units = ((long)part.Bytes + Alignment - 1) / Alignment;
        int world = group.Members.Length;
        int[] bounds = [.. Enumerable.Range(0, world + 1).Select(rank => (int)Math.Min(units * rank / world * Alignment, part.Bytes))];
        _pieces = [.. bounds.Zip(bounds.Skip(1), (first, end) => PiecesOf(part, first, end))];
        Subtrees = SubtreesOf(group);
        Additions = AdditionsOf(Subtrees, group.Rank);
    }

    public int Rank { get; }
    public int VectorBytes { get; }
    public int GradientBytes { get; }

    /// <summary>Of the vector's, those that are added up.</summary>
    public int PartBytes { get; }

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

    /// <summary>What a rank sums of a whole vector: one run.</summary>
    public (int Offset, int Length) Segment(int rank) => _pieces[rank] is [var first, ..] of ? (first.Offset, of.Sum(piece => piece.Length)) : default;

    /// <summary>How many pieces a rank's segment has; none where there is too little for all ranks.</summary>
    public int Pieces(int rank) => _pieces[rank].Length;

    /// <summary>Where in the vector it stands.</summary>
    public (int Offset, int Length) Piece(int rank, int piece) => _pieces[rank][piece];

    /// <summary>Adds what stands from <paramref name="offset"/> of the vector on.</summary>
    public void Add(Span<byte> into, ReadOnlySpan<byte> other, int offset)
    {
        int gradients = Math.Clamp(GradientBytes - offset, 0, into.Length);
        SubtreeSums.Add(into[..gradients], other[..gradients], _gradient);
        SubtreeSums.Add(into[gradients..], other[gradients..], _statistic);
    }

    /// <summary>From one byte of the part to another, counted along it; no piece reaches over the end of a range.</summary>
    private static ImmutableArray<(int Offset, int Length)> PiecesOf(VectorPart part, int first, int end)
    {
        var pieces = ImmutableArray.CreateBuilder<(int, int)>();
        int before = 0;     // bytes of the part before the range
        foreach (var (offset, length) in part.Ranges)
        {
            int to = Math.Min(end - before, length);
            for (int at = Math.Max(first - before, 0); at < to; at += PieceBytes) pieces.Add((offset + at, Math.Min(PieceBytes, to - at)));
            before += length;
        }

        return pieces.ToImmutable();
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
