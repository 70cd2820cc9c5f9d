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
    public void Resize(Raster source, PixelWindow crop, int width, int height, PixelWindow window, Raster target) =>
        Resize(source, 0, 0, new(crop.Left, crop.Width), new(crop.Top, crop.Height), width, height, window, target);

    /// <summary>The window of a framing, from the part of the picture that was decoded for it.</summary>
    public void Resize(Raster source, PicturePart part, Framing framing, PixelWindow window, Raster target)
    {
        var (columns, rows) = framing.CropIn(part.Picture);
        Resize(source, part.Left, part.Top, columns, rows, framing.Width, framing.Height, window, target);
    }

    // Crops are positions in the picture, whose pixel (left, top) is the source's first.
    private void Resize(Raster source, int left, int top, Extent columns, Extent rows, int width, int height, PixelWindow window, Raster target)
    {
        bool alongRows = columns.IsResizedTo(width), alongColumns = rows.IsResizedTo(height);
        int firstColumn = columns.First - left, firstRow = rows.First - top;
        if (!alongRows && !alongColumns)
        {
            Copy(source, new(firstColumn + window.Left, firstRow + window.Top, window.Width, window.Height), target);
            return;
        }

        int skippedRows = window.Top, rowCount = window.Height;
        if (alongColumns)
        {
            _rows.Compute(rows, height, window.Top, window.Height);
            // Only input rows that some output row takes from.
            skippedRows = _rows.First[0];
            rowCount = _rows.First[window.Height - 1] + _rows.Count[window.Height - 1] - skippedRows;
        }

        var middle = alongColumns ? _middle : target;
        if (alongRows)
        {
            _columns.Compute(columns, width, window.Left, window.Width);
            middle.Resize(window.Width, rowCount);
            AlongRows(source, firstColumn, firstRow + skippedRows, rowCount, middle);
        }
        else
        {
            Copy(source, new(firstColumn + window.Left, firstRow + skippedRows, window.Width, rowCount), middle);
        }

        if (!alongColumns) return;
        target.Resize(window.Width, window.Height);
        AlongColumns(middle, skippedRows, target);
    }

    public static void Copy(Raster source, PixelWindow window, Raster target)
    {
        target.Resize(window.Width, window.Height);
        for (int y = 0; y < window.Height; y++)
            source.Words.Slice((window.Top + y) * source.Width + window.Left, window.Width).CopyTo(target.Words[(y * window.Width)..]);
    }

    // The first column may lie left of the source: then no weight reaches what is not there.
    private unsafe void AlongRows(Raster source, int firstColumn, int firstRow, int rowCount, Raster target)
    {
        byte* from = source.Address + (long)firstRow * source.Stride + (long)firstColumn * Raster.PixelBytes, to = target.Address;
        if (Avx2.IsSupported && !Scalar)
        {
            ResampleVectors.AlongRows(from, source.Stride, _columns, to, target.Width, rowCount);
            return;
        }

        for (int y = 0; y < rowCount; y++) ScalarRow(from + (long)y * source.Stride, to + (long)y * target.Stride, target.Width);
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
