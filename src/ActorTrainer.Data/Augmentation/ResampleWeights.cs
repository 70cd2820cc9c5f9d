using ActorTrainer.Data.Decoding;

namespace ActorTrainer.Data.Augmentation;

/// <summary>
/// What each output pixel of one axis takes from the input: a first pixel and fixed-point weights, computed exactly as Pillow's Resample.c does
/// (bilinear, with the support stretched by the scale: antialiased), so that the sums are the same integers.
/// </summary>
internal sealed class ResampleWeights
{
    /// <summary>Fraction bits of a weight: 8-bit pixels and a sign leave 32 - 8 - 2.</summary>
    public const int Bits = 22;

    /// <summary>Weights are also kept as two halves of this many bits, for 16-bit multiply-add.</summary>
    public const int HalfBits = 11;

    /// <summary>More are only needed for pictures that are nearly lines.</summary>
    private const int MaxWeights = 1 << 24;

    private double[] _exact = [];

    /// <summary>Weights an output pixel, a multiple of 4, zeros after the last that counts.</summary>
    public int Taps { get; private set; }

    public int[] First { get; private set; } = [];

    /// <summary>How many weights of each output pixel count.</summary>
    public int[] Count { get; private set; } = [];

    public int[] Weights { get; private set; } = [];

    /// <summary>The same weights as 16-bit halves for multiply-add, two to an int: of every four weights the low halves of 0 and 1, of 2 and 3, then the high halves alike.</summary>
    public int[] Halves { get; private set; } = [];

    /// <summary>
    /// Outputs <paramref name="from"/> until <paramref name="from"/> + <paramref name="count"/> of resizing a stretch of an axis to <paramref name="outSize"/> pixels.
    /// Positions are counted from <see cref="Extent.First"/>; pixels that the stretch does not touch have no weight.
    /// </summary>
    public void Compute(Extent stretch, int outSize, int from, int count)
    {
        var axis = new Axis(stretch, outSize);
        if (axis.Support * count > MaxWeights) throw new CorruptImageException($"{stretch.Pixels} pixels on one side, too many to be scaled to {outSize}");
        Taps = ((int)Math.Ceiling(axis.Support) * 2 + 1 + 3) & ~3;
        if (First.Length < count) (First, Count) = (new int[count], new int[count]);
        if (Weights.Length < count * Taps) (Weights, Halves) = (new int[count * Taps], new int[count * Taps]);
        if (_exact.Length < Taps) _exact = new double[Taps];
        double inverse = 1 / axis.Support;
        for (int i = 0; i < count; i++)
        {
            var (center, first, taps) = axis.At(from + i);
            double sum = 0;
            for (int k = 0; k < taps; k++)
            {
                double distance = Math.Abs((k + first - center + 0.5) * inverse);
                sum += _exact[k] = distance < 1 ? 1 - distance : 0;
            }

            var weights = Weights.AsSpan(i * Taps, Taps);
            for (int k = 0; k < taps; k++) weights[k] = (int)(0.5 + (sum != 0 ? _exact[k] / sum : _exact[k]) * (1 << Bits));
            weights[taps..].Clear();
            (First[i], Count[i]) = (first, taps);
            Split(weights, Halves.AsSpan(i * Taps, Taps));
        }
    }

    /// <summary>The pixels of the axis that those outputs are made of: the first, and how many.</summary>
    public static (int First, int Count) Reach(Extent stretch, int outSize, int from, int count)
    {
        if (!stretch.IsResizedTo(outSize)) return (stretch.First + from, count);
        var axis = new Axis(stretch, outSize);
        var (begin, end) = (axis.At(from), axis.At(from + count - 1));
        return (stretch.First + begin.First, end.First + end.Taps - begin.First);
    }

    /// <summary>Which input pixels lie under the filter at an output pixel.</summary>
    private readonly record struct Axis(Extent Stretch, int OutSize)
    {
        private double Scale => Stretch.Size / OutSize;

        /// <summary>Half the filter's width, in input pixels.</summary>
        public double Support => Math.Max(Scale, 1);

        public (double Center, int First, int Taps) At(int output)
        {
            double center = Stretch.Lead + (output + 0.5) * Scale;
            int first = Math.Max((int)(center - Support + 0.5), 0);
            return (center, first, Math.Min((int)(center + Support + 0.5), Stretch.Pixels) - first);
        }
    }

    private static void Split(ReadOnlySpan<int> weights, Span<int> halves)
    {
        const int Mask = (1 << HalfBits) - 1;
        for (int k = 0; k < weights.Length; k += 4)
        {
            for (int pair = 0; pair < 2; pair++)
            {
                int first = weights[k + 2 * pair], second = weights[k + 2 * pair + 1];
                halves[k + pair] = (first & Mask) | (second & Mask) << 16;
                halves[k + pair + 2] = first >> HalfBits | second >> HalfBits << 16;
            }
        }
    }
}
