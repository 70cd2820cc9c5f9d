using System.Collections.Immutable;
using System.Numerics;
using System.Text.Json.Serialization;

namespace ActorTrainer.Core.Gradients;

/// <summary>A half-open range of logical shards.</summary>
public readonly record struct ShardRange(int First, int End)
{
    [JsonIgnore]
    public int Count => End - First;

    public static ShardRange All(int shards) => new(0, shards);
}

/// <summary>A node of the fixed binary tree over the shards: the aligned range of <see cref="Size"/> (a power of two) shards from <see cref="First"/>.</summary>
public readonly record struct Subtree(int First, int Size);

/// <summary>
/// How a batch of n samples is cut over L logical shards, and how a range of shards is cut into aligned subtrees.
/// L is a power of two; the tree over it never changes, whoever owns which shard.
/// </summary>
public readonly record struct ShardLayout
{
    public ShardLayout(int shards)
    {
        if (!BitOperations.IsPow2(shards)) throw new ArgumentException($"{shards} logical shards: a power of two is needed.", nameof(shards));
        Shards = shards;
    }

    public int Shards { get; }

    /// <summary>Shard k's positions of a batch of <paramref name="count"/>: from k n / L up to (k + 1) n / L, rounded down.</summary>
    public (int First, int End) Positions(int shard, int count) =>
        ((int)((long)shard * count / Shards), (int)((long)(shard + 1) * count / Shards));

    /// <summary>The positions of a batch that a range of shards takes.</summary>
    public (int First, int End) Positions(ShardRange range, int count) => (Positions(range.First, count).First, Positions(range.End - 1, count).End);

    /// <summary>
    /// Contiguous ranges for <paramref name="trainers"/> trainers, as even as can be, the larger ones first: one for each, at most one a shard.
    /// </summary>
    public ImmutableArray<ShardRange> Cut(int trainers)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(trainers, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(trainers, Shards);
        var (each, more, at) = (Shards / trainers, Shards % trainers, 0);
        var ranges = ImmutableArray.CreateBuilder<ShardRange>(trainers);
        for (int rank = 0; rank < trainers; rank++) ranges.Add(new(at, at += each + (rank < more ? 1 : 0)));
        return ranges.MoveToImmutable();
    }

    /// <summary>The largest aligned subtrees that make up <paramref name="range"/>, from left to right.</summary>
    public IEnumerable<Subtree> Subtrees(ShardRange range)
    {
        for (int at = range.First; at < range.End;)
        {
            int size = at == 0 ? Shards : at & -at;
            while (at + size > range.End) size >>= 1;
            yield return new(at, size);
            at += size;
        }
    }
}
