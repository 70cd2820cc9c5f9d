using System.Numerics;

namespace ActorTrainer.Core.Randomness;

/// <summary>
/// A pseudo-random permutation of 0..count-1 whose every element costs O(1): a Feistel network over the next even power of two,
/// walked until it lands inside (Black and Rogaway, "Ciphers with arbitrary finite domains", CT-RSA 2002).
/// </summary>
public readonly struct Permutation
{
    private const int Rounds = 8;
    private readonly ulong _key;
    private readonly int _halfBits;

    public Permutation(ulong seed, RandomPurpose purpose, ulong index, int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        Count = count;
        _key = RandomStream.Mix(RandomStream.Mix(seed ^ ((ulong)purpose << 56)) ^ index);
        int bits = Math.Max(2, 32 - BitOperations.LeadingZeroCount((uint)Math.Max(1, count - 1)));
        _halfBits = (bits + 1) / 2;
    }

    public int Count { get; }

    public int this[int position]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)position, (uint)Count);
            uint x = (uint)position;
            do
            {
                x = Encrypt(x);
            }
            while (x >= (uint)Count);
            return (int)x;
        }
    }

    private uint Encrypt(uint x)
    {
        uint mask = (1u << _halfBits) - 1, left = x >> _halfBits, right = x & mask;
        for (uint round = 0; round < Rounds; round++)
            (left, right) = (right, left ^ ((uint)RandomStream.Mix(_key ^ ((ulong)round << 32 | right)) & mask));
        return left << _halfBits | right;
    }
}
