using System.Globalization;
using ActorTrainer.Core.Data;
using ActorTrainer.Data.Decoding;

namespace ActorTrainer.Data.Augmentation;

/// <summary>Turns a picture about its middle, bilinear, in its own size, with the bytes of Pillow's Image.rotate; uncovered corners show the background.</summary>
internal static class Rotation
{
    /// <param name="from">The picture.</param>
    /// <param name="to">Takes the turned one.</param>
    /// <param name="degrees">Counter-clockwise.</param>
    /// <param name="background">Of the corners.</param>
    public static void Apply(Raster from, Raster to, double degrees, Rgb background)
    {
        int width = from.Width, height = from.Height;
        degrees -= 360 * Math.Floor(degrees / 360);
        if (degrees == 0)
        {
            Resampler.Copy(from, new(0, 0, width, height), to);
            return;
        }

        to.Resize(width, height);
        // Output pixel (x, y) is taken from (a x + b y + c, -b x + a y + f).
        double angle = -(degrees * (Math.PI / 180)), a = Round(Math.Cos(angle)), b = Round(Math.Sin(angle));
        double middleX = width / 2.0, middleY = height / 2.0;
        double c = a * -middleX + b * -middleY + middleX, f = -b * -middleX + a * -middleY + middleY;
        uint outside = Raster.Word(background.R, background.G, background.B);
        var source = from.Words;
        var target = to.Words;
        for (int y = 0, i = 0; y < height; y++)
        {
            for (int x = 0; x < width; x++, i++)
            {
                double sourceX = a * (x + 0.5) + b * (y + 0.5) + c, sourceY = -b * (x + 0.5) + a * (y + 0.5) + f;
                bool inside = sourceX >= 0 && sourceX < width && sourceY >= 0 && sourceY < height;
                target[i] = inside ? Sample(source, width, height, sourceX - 0.5, sourceY - 0.5) : outside;
            }
        }
    }

    // To 15 decimals, by the number's exact decimal digits as Python's round does it (Math.Round multiplies first, which rounds twice).
    private static double Round(double value)
    {
        Span<char> digits = stackalloc char[24];
        return value.TryFormat(digits, out int length, "F15", CultureInfo.InvariantCulture)
            ? double.Parse(digits[..length], CultureInfo.InvariantCulture)
            : throw new ArgumentOutOfRangeException(nameof(value), value, "not a sine or cosine");
    }

    private static uint Sample(ReadOnlySpan<uint> source, int width, int height, double x, double y)
    {
        int left = (int)Math.Floor(x), top = (int)Math.Floor(y);
        double dx = x - left, dy = y - top;
        int x0 = Math.Max(left, 0), x1 = Math.Min(left + 1, width - 1), y0 = Math.Max(top, 0), y1 = Math.Min(top + 1, height - 1);
        uint p00 = source[y0 * width + x0], p01 = source[y0 * width + x1], p10 = source[y1 * width + x0], p11 = source[y1 * width + x1];
        return Raster.Word(Mix(0), Mix(8), Mix(16));

        int Mix(int shift)
        {
            double above = Line(p00 >> shift & 0xFF, p01 >> shift & 0xFF, dx), below = Line(p10 >> shift & 0xFF, p11 >> shift & 0xFF, dx);
            return (int)Line(above, below, dy);
        }

        static double Line(double from, double to, double share) => from + (to - from) * share;
    }
}
