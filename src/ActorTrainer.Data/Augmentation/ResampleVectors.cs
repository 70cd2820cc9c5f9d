using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace ActorTrainer.Data.Augmentation;

/// <summary>
/// The resampler's inner loops for AVX2. A 22-bit weight is split into two 11-bit halves, so that 16-bit multiply-add (the cheapest product there is)
/// can be used and the sum is still the exact integer: sum = (sum of high products) x 2^11 + sum of low products.
/// </summary>
internal static unsafe class ResampleVectors
{
    private const int Half = 1 << (ResampleWeights.Bits - 1), LowMask = (1 << ResampleWeights.HalfBits) - 1;

    // Of 2 pixels a lane: r0 r1 g0 g1 b0 b1 a0 a1 as 16-bit numbers (0xFF: zero), so that pairs are summed by multiply-add.
    private static readonly Vector256<byte> PairPixels = Vector256.Create(Vector128.Create(0, 0xFF, 4, 0xFF, 1, 0xFF, 5, 0xFF, 2, 0xFF, 6, 0xFF, 3, 0xFF, 7, 0xFF).AsByte());

    /// <summary>One output row: four input pixels at once.</summary>
    public static void Row(byte* from, ResampleWeights columns, byte* to, int width)
    {
        int taps = columns.Taps;
        fixed (int* weights = columns.Weights)
        fixed (int* firsts = columns.First)
        {
            var lowMask = Vector128.Create(LowMask);
            for (int x = 0; x < width; x++, to += 4)
            {
                byte* pixels = from + firsts[x] * 4;
                int* w = weights + x * taps;
                Vector256<int> low = default, high = default;
                for (int k = 0; k < columns.Count[x]; k += 4, pixels += 16)
                {
                    // Pixels 0, 1 into the lower lane, 2, 3 into the upper.
                    var four = Avx2.Permute4x64(Vector128.Load(pixels).ToVector256Unsafe().AsUInt64(), 0b01_01_00_00).AsByte();
                    var values = Avx2.Shuffle(four, PairPixels).AsInt16();
                    var (lowPairs, highPairs) = Pairs(Vector128.Load(w + k), lowMask);
                    low += Avx2.MultiplyAddAdjacent(values, lowPairs);
                    high += Avx2.MultiplyAddAdjacent(values, highPairs);
                }

                var sum = Vector128.Create(Half) + Fold(low) + Vector128.ShiftLeft(Fold(high), ResampleWeights.HalfBits);
                var rounded = Vector128.ShiftRightArithmetic(sum, ResampleWeights.Bits);
                var shorts = Sse2.PackSignedSaturate(rounded, rounded);
                *(uint*)to = Sse2.PackUnsignedSaturate(shorts, shorts).AsUInt32().ToScalar() | 0xFF000000;
            }
        }
    }

    /// <summary>As many bytes of one output row as fit into whole vectors: 16 at once, two input rows at once. Returns how many.</summary>
    public static int Columns(byte* from, int stride, ReadOnlySpan<int> weights, byte* to, int length)
    {
        int at = 0;
        for (; at + 16 <= length; at += 16)
        {
            // a: bytes 0-3 and 8-11; b: bytes 4-7 and 12-15 (what unpacking within lanes gives).
            Vector256<int> lowA = default, lowB = default, highA = default, highB = default;
            byte* row = from + at;
            for (int k = 0; k < weights.Length; k += 2, row += 2 * stride)
            {
                bool pair = k + 1 < weights.Length;
                int w0 = weights[k], w1 = pair ? weights[k + 1] : 0;
                var first = Avx2.ConvertToVector256Int16(row);
                var second = pair ? Avx2.ConvertToVector256Int16(row + stride) : Vector256<short>.Zero;
                var a = Avx2.UnpackLow(first, second);
                var b = Avx2.UnpackHigh(first, second);
                var lows = Vector256.Create((w0 & LowMask) | (w1 & LowMask) << 16).AsInt16();
                var highs = Vector256.Create(w0 >> ResampleWeights.HalfBits | w1 >> ResampleWeights.HalfBits << 16).AsInt16();
                lowA += Avx2.MultiplyAddAdjacent(a, lows);
                lowB += Avx2.MultiplyAddAdjacent(b, lows);
                highA += Avx2.MultiplyAddAdjacent(a, highs);
                highB += Avx2.MultiplyAddAdjacent(b, highs);
            }

            var shorts = Avx2.PackSignedSaturate(Round(lowA, highA), Round(lowB, highB));
            Sse2.PackUnsignedSaturate(shorts.GetLower(), shorts.GetUpper()).Store(to + at);
        }

        return at;
    }

    private static Vector256<int> Round(Vector256<int> low, Vector256<int> high) =>
        Vector256.ShiftRightArithmetic(Vector256.Create(Half) + low + Vector256.ShiftLeft(high, ResampleWeights.HalfBits), ResampleWeights.Bits);

    private static Vector128<int> Fold(Vector256<int> sums) => sums.GetLower() + sums.GetUpper();

    // Weights w0..w3 to (w0, w1) four times in the lower lane, (w2, w3) four times in the upper, low and high halves apart.
    private static (Vector256<short> Low, Vector256<short> High) Pairs(Vector128<int> weights, Vector128<int> lowMask)
    {
        return (Spread(weights & lowMask), Spread(Vector128.ShiftRightLogical(weights, ResampleWeights.HalfBits)));

        static Vector256<short> Spread(Vector128<int> halves)
        {
            var packed = Sse41.PackUnsignedSaturate(halves, halves).AsInt32();     // w0w1 w2w3 w0w1 w2w3
            return Vector256.Create(Vector128.Shuffle(packed, Vector128<int>.Zero), Vector128.Shuffle(packed, Vector128<int>.One)).AsInt16();
        }
    }
}
