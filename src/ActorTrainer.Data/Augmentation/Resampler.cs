using System.Runtime.Intrinsics.X86;
using ActorTrainer.Data.Decoding;

namespace ActorTrainer.Data.Augmentation;

/// <summary>
/// Antialiased bilinear resizing with the same bytes as Pillow's Image.resize: first along rows, rounded to bytes, then along columns.
/// Crops cost nothing: only the window of the input is read (as if it had been cropped first) and only the window of the output is computed.
/// </summary>
internal sealed class Resampler
{
    private readonly ResampleWeights _columns = new(), _rows = new();
    private readonly Raster _middle = new();

    /// <summary>For tests: the plain loops even where vectors could be used. Both give the same bytes.</summary>
    internal bool Scalar { get; set; }

    /// <param name="source">What is read.</param>
    /// <param name="crop">The part of it that is resized; pixels outside count for nothing.</param>
    /// <param name="width">What the crop would be resized to, as a whole.</param>
    /// <param name="height">See <paramref name="width"/>.</param>
    /// <param name="window">The part of that result which is wanted.</param>
    /// <param name="target">Takes the window.</param>
    public void Resize(Raster source, PixelWindow crop, int width, int height, PixelWindow window, Raster target)
    {
        bool alongRows = width != crop.Width, alongColumns = height != crop.Height;
        if (!alongRows && !alongColumns)
        {
            Copy(source, new(crop.Left + window.Left, crop.Top + window.Top, window.Width, window.Height), target);
            return;
        }

        int firstRow = window.Top, rowCount = window.Height;
        if (alongColumns)
        {
            _rows.Compute(crop.Height, height, window.Top, window.Height);
            // Only input rows that some output row takes from.
            firstRow = _rows.First[0];
            rowCount = _rows.First[window.Height - 1] + _rows.Count[window.Height - 1] - firstRow;
        }

        var middle = alongColumns ? _middle : target;
        var taken = new PixelWindow(crop.Left, crop.Top + firstRow, crop.Width, rowCount);
        if (alongRows)
        {
            _columns.Compute(crop.Width, width, window.Left, window.Width);
            middle.Resize(window.Width, rowCount);
            AlongRows(source, taken, middle);
        }
        else
        {
            Copy(source, new(crop.Left + window.Left, taken.Top, window.Width, rowCount), middle);
        }

        if (!alongColumns) return;
        target.Resize(window.Width, window.Height);
        AlongColumns(middle, firstRow, target);
    }

    public static void Copy(Raster source, PixelWindow window, Raster target)
    {
        target.Resize(window.Width, window.Height);
        for (int y = 0; y < window.Height; y++)
            source.Words.Slice((window.Top + y) * source.Width + window.Left, window.Width).CopyTo(target.Words[(y * window.Width)..]);
    }

    private unsafe void AlongRows(Raster source, PixelWindow taken, Raster target)
    {
        byte* from = source.Address + (long)taken.Top * source.Stride + (long)taken.Left * Raster.PixelBytes, to = target.Address;
        if (Avx2.IsSupported && !Scalar)
        {
            ResampleVectors.AlongRows(from, source.Stride, _columns, to, target.Width, taken.Height);
            return;
        }

        for (int y = 0; y < taken.Height; y++) ScalarRow(from + (long)y * source.Stride, to + (long)y * target.Stride, target.Width);
    }

    private unsafe void AlongColumns(Raster source, int firstRow, Raster target)
    {
        for (int y = 0; y < target.Height; y++)
        {
            byte* from = source.Address + (long)(_rows.First[y] - firstRow) * source.Stride, to = target.Address + (long)y * target.Stride;
            int done = Avx2.IsSupported && !Scalar ? ResampleVectors.AlongColumns(from, source.Stride, _rows, y, to, target.Stride) : 0;
            ScalarColumns(from, source.Stride, _rows.Weights.AsSpan(y * _rows.Taps, _rows.Count[y]), to, done, target.Stride);
        }
    }

    private unsafe void ScalarRow(byte* from, byte* to, int width)
    {
        for (int x = 0; x < width; x++, to += Raster.PixelBytes)
        {
            int r = Half, g = Half, b = Half;
            byte* pixel = from + _columns.First[x] * Raster.PixelBytes;
            foreach (int weight in _columns.Weights.AsSpan(x * _columns.Taps, _columns.Count[x]))
            {
                r += pixel[0] * weight;
                g += pixel[1] * weight;
                b += pixel[2] * weight;
                pixel += Raster.PixelBytes;
            }

            *(uint*)to = Raster.Word(Clip(r), Clip(g), Clip(b));
        }
    }

    private static unsafe void ScalarColumns(byte* from, int stride, ReadOnlySpan<int> weights, byte* to, int begin, int end)
    {
        for (int i = begin; i < end; i++)
        {
            int sum = Half;
            byte* value = from + i;
            foreach (int weight in weights)
            {
                sum += *value * weight;
                value += stride;
            }

            to[i] = (byte)Clip(sum);
        }
    }

    private const int Half = 1 << (ResampleWeights.Bits - 1);

    private static int Clip(int sum) => Math.Clamp(sum >> ResampleWeights.Bits, 0, 255);
}
