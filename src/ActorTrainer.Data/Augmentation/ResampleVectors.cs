using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace ActorTrainer.Data.Augmentation;

/// <summary>
/// The resampler's inner loops for AVX2. A 22-bit weight is split into two 11-bit halves, so that 16-bit multiply-add (the cheapest product there is)
/// can be used and the sum is still the exact integer: sum = (sum of high products) x 2^11 + sum of low products.
/// </summary>
internal static unsafe class ResampleVectors
{
    private const int Half = 1 << (ResampleWeights.Bits - 1);

    /// <summary>Rows at a time in <see cref="AlongRows"/>: they share the weights.</summary>
    private const int Rows = 4;

    /// <summary>Reads up to three pixels beyond the last one that counts (with weight zero).</summary>
    public static void AlongRows(byte* from, int stride, ResampleWeights columns, byte* to, int width, int height)
    {
        fixed (int* firsts = columns.First, counts = columns.Count, halves = columns.Halves)
        {
            for (int y = 0; y < height; y += Rows)
            {
                // The last rows may be one and the same: it is written more than once.
                int y1 = Math.Min(y + 1, height - 1), y2 = Math.Min(y + 2, height - 1), y3 = Math.Min(y + 3, height - 1);
                byte* a = from + (long)y * stride, b = from + (long)y1 * stride, c = from + (long)y2 * stride, d = from + (long)y3 * stride;
                uint* toA = (uint*)to + (long)y * width, toB = (uint*)to + (long)y1 * width, toC = (uint*)to + (long)y2 * width, toD = (uint*)to + (long)y3 * width;
                for (int x = 0; x < width; x++)
                {
                    int* weights = halves + x * columns.Taps;
                    long at = firsts[x] * 4L;
                    Vector256<int> lowAB = default, highAB = default, lowCD = default, highCD = default;
                    for (int left = counts[x]; left > 0; left -= 4, weights += 4, at += 16)
                    {
                        Vector256<short> low01 = Pair(weights[0]), low23 = Pair(weights[1]), high01 = Pair(weights[2]), high23 = Pair(weights[3]);
                        Add(Load(a + at, b + at), low01, low23, high01, high23, ref lowAB, ref highAB);
                        Add(Load(c + at, d + at), low01, low23, high01, high23, ref lowCD, ref highCD);
                    }

                    // In each lane: the pixel of row a (b), then of row c (d).
                    var shorts = Avx2.PackSignedSaturate(Round(lowAB, highAB), Round(lowCD, highCD));
                    var pixels = Avx2.PackUnsignedSaturate(shorts, shorts).AsUInt32();
                    toA[x] = pixels.GetElement(0);
                    toC[x] = pixels.GetElement(1);
                    toB[x] = pixels.GetElement(4);
                    toD[x] = pixels.GetElement(5);
                }
            }
        }
    }

    /// <summary>As many bytes of output row <paramref name="y"/> as fit into whole vectors: 16 at once, two input rows at once. Returns how many.</summary>
    public static int AlongColumns(byte* from, int stride, ResampleWeights rows, int y, byte* to, int length)
    {
        int at = 0, count = rows.Count[y];
        fixed (int* halves = &rows.Halves[y * rows.Taps])
        {
            for (; at + 16 <= length; at += 16)
            {
                // a: bytes 0-3 and 8-11; b: bytes 4-7 and 12-15 (what unpacking within lanes gives).
                Vector256<int> lowA = default, lowB = default, highA = default, highB = default;
                byte* row = from + at;
                for (int k = 0; k < count; k += 2, row += 2 * stride)
                {
                    int* pair = halves + (k & ~3) + (k >> 1 & 1);
                    Vector256<short> low = Pair(pair[0]), high = Pair(pair[2]);
                    var first = Avx2.ConvertToVector256Int16(row);
                    // An odd last row has no partner; its partner's weight is zero.
                    var second = Avx2.ConvertToVector256Int16(k + 1 < count ? row + stride : row);
                    var a = Avx2.UnpackLow(first, second);
                    var b = Avx2.UnpackHigh(first, second);
                    lowA += Avx2.MultiplyAddAdjacent(a, low);
                    lowB += Avx2.MultiplyAddAdjacent(b, low);
                    highA += Avx2.MultiplyAddAdjacent(a, high);
                    highB += Avx2.MultiplyAddAdjacent(b, high);
                }

                var shorts = Avx2.PackSignedSaturate(Round(lowA, highA), Round(lowB, highB));
                Sse2.PackUnsignedSaturate(shorts.GetLower(), shorts.GetUpper()).Store(to + at);
            }
        }

        return at;
    }

    // Four pixels of each of two rows, a row a lane.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<byte> Load(byte* upper, byte* lower) => Vector256.Create(Vector128.Load(upper), Vector128.Load(lower));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Add(
        Vector256<byte> pixels, Vector256<short> low01, Vector256<short> low23, Vector256<short> high01, Vector256<short> high23, ref Vector256<int> low, ref Vector256<int> high)
    {
        // Pixels 0 and 1 (2 and 3) of a lane as r0 r1 g0 g1 b0 b1 x0 x1, 16 bits each, so that multiply-add sums over neighbours.
        const byte Zero = 0x80;
        var first = Avx2.Shuffle(pixels, Vector256.Create(Vector128.Create(0, Zero, 4, Zero, 1, Zero, 5, Zero, 2, Zero, 6, Zero, 3, Zero, 7, Zero))).AsInt16();
        var second = Avx2.Shuffle(pixels, Vector256.Create(Vector128.Create(8, Zero, 12, Zero, 9, Zero, 13, Zero, 10, Zero, 14, Zero, 11, Zero, 15, Zero))).AsInt16();
        low += Avx2.MultiplyAddAdjacent(first, low01) + Avx2.MultiplyAddAdjacent(second, low23);
        high += Avx2.MultiplyAddAdjacent(first, high01) + Avx2.MultiplyAddAdjacent(second, high23);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<short> Pair(int halves) => Vector256.Create(halves).AsInt16();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<int> Round(Vector256<int> low, Vector256<int> high) =>
        Vector256.ShiftRightArithmetic(Vector256.Create(Half) + low + Vector256.ShiftLeft(high, ResampleWeights.HalfBits), ResampleWeights.Bits);
}
