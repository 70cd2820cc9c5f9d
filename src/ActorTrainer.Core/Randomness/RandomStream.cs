using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace ActorTrainer.Core.Randomness;

/// <summary>What a random number is for. Streams of different purposes never share a counter.</summary>
public enum RandomPurpose : uint { SampleOrder = 1, Split, Augmentation, Dropout, InitialWeights, Test }

/// <summary>
/// Counter-based random numbers: a pure function of (seed, purpose, a, b, position), so that nothing has to be replayed to get anywhere.
/// Philox4x32-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011).
/// A mutable struct: pass by reference, or copies repeat the same numbers.
/// </summary>
public struct RandomStream
{
    private readonly uint _key0, _key1, _a, _b;
    private readonly uint _purpose;
    private uint _block;
    private uint _r0, _r1, _r2, _r3;
    private int _left;

    /// <param name="a">For example the epoch or the step; the low 32 bits of both index words count, the high bits are folded into the key.</param>
    /// <param name="b">For example the sample or the shard.</param>
    public RandomStream(ulong seed, RandomPurpose purpose, ulong a, ulong b)
    {
        // The high halves are mixed into the key, so that long runs do not meet themselves again.
        ulong key = Mix(seed ^ Mix((a >> 32) << 32 | b >> 32));
        (_key0, _key1, _a, _b, _purpose) = ((uint)key, (uint)(key >> 32), (uint)a, (uint)b, (uint)purpose);
        (_block, _left) = (0, 0);
        (_r0, _r1, _r2, _r3) = (0, 0, 0, 0);
    }

    /// <summary>A stream of its own for a name, such as a parameter's.</summary>
    public static RandomStream ForName(ulong seed, RandomPurpose purpose, string name)
    {
        Span<byte> hash = stackalloc byte[32];
        SHA256.HashData(Encoding.UTF8.GetBytes(name), hash);
        return new(seed, purpose, BinaryPrimitives.ReadUInt64LittleEndian(hash), BinaryPrimitives.ReadUInt64LittleEndian(hash[8..]));
    }

    public uint NextUInt32()
    {
        if (_left == 0)
        {
            (_r0, _r1, _r2, _r3) = Philox(_block++, _a, _b, _purpose, _key0, _key1);
            _left = 4;
        }

        return _left-- switch { 4 => _r0, 3 => _r1, 2 => _r2, _ => _r3 };
    }

    /// <summary>Uniform in [0, 1), 24 bits.</summary>
    public float NextSingle() => (NextUInt32() >> 8) * (1f / (1 << 24));

    /// <summary>Uniform in [0, 1), 53 bits.</summary>
    public double NextDouble()
    {
        ulong high = NextUInt32(), low = NextUInt32();
        return ((high << 32 | low) >> 11) * (1.0 / (1UL << 53));
    }

    public double NextDouble(double from, double to) => from + (to - from) * NextDouble();

    /// <summary>Uniform in [0, <paramref name="bound"/>): the high word of a product, bias below 2^-32 x bound.</summary>
    public int NextInt32(int bound)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(bound);
        return (int)((ulong)NextUInt32() * (uint)bound >> 32);
    }

    /// <summary>Normal with mean 0 and deviation 1 (Box and Muller).</summary>
    public double NextGaussian()
    {
        double u = 1 - NextDouble(), v = NextDouble();
        return Math.Sqrt(-2 * Math.Log(u)) * Math.Cos(2 * Math.PI * v);
    }

    /// <summary>SplitMix64's finaliser: every bit of the input reaches every bit of the output.</summary>
    public static ulong Mix(ulong x)
    {
        x += 0x9E3779B97F4A7C15;
        x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9;
        x = (x ^ (x >> 27)) * 0x94D049BB133111EB;
        return x ^ (x >> 31);
    }

    internal static (uint, uint, uint, uint) Philox(uint c0, uint c1, uint c2, uint c3, uint k0, uint k1)
    {
        for (int round = 0; round < 10; round++)
        {
            ulong p0 = (ulong)0xD2511F53 * c0, p1 = (ulong)0xCD9E8D57 * c2;
            (c0, c1, c2, c3) = ((uint)(p1 >> 32) ^ c1 ^ k0, (uint)p1, (uint)(p0 >> 32) ^ c3 ^ k1, (uint)p0);
            k0 += 0x9E3779B9;
            k1 += 0xBB67AE85;
        }

        return (c0, c1, c2, c3);
    }
}
