using ActorTrainer.Core.Data;
using ActorTrainer.Core.Randomness;

namespace ActorTrainer.Data.Augmentation;

/// <summary>Which part of a picture a transform takes, with torchvision's arithmetic, its rounding included. A window may reach outside: padding.</summary>
internal static class Geometry
{
    private const int Tries = 10;

    /// <summary>The size whose short side is <paramref name="shortSide"/>; the long side is cut to whole pixels.</summary>
    public static (int Width, int Height) ShortSide(int width, int height, int shortSide)
    {
        int longSide = Math.Max((int)((double)((long)shortSide * Math.Max(width, height)) / Math.Min(width, height)), 1);
        return width <= height ? (shortSide, longSide) : (longSide, shortSide);
    }

    public static PixelWindow CenterCrop(int width, int height, ImageTransform.CenterCrop crop)
    {
        return new(Start(width, crop.Width), Start(height, crop.Height), crop.Width, crop.Height);

        // Python's round: half to even.
        static int Start(int size, int wanted) => wanted > size ? -((wanted - size) / 2) : (int)Math.Round((size - wanted) / 2.0, MidpointRounding.ToEven);
    }

    public static PixelWindow RandomCrop(int width, int height, ImageTransform.RandomCrop crop, ref RandomStream random)
    {
        int top = Start(height, crop.Height, crop.Padding, ref random), left = Start(width, crop.Width, crop.Padding, ref random);
        return new(left, top, crop.Width, crop.Height);

        static int Start(int size, int wanted, int padding, ref RandomStream random)
        {
            int pad = padding + Math.Max(wanted - (size + 2 * padding), 0);
            return random.NextInt32(size + 2 * pad - wanted + 1) - pad;
        }
    }

    /// <summary>Ten tries at a random area and aspect ratio that fit, else the largest middle part whose ratio is allowed.</summary>
    public static PixelWindow RandomResizedCrop(int width, int height, ImageTransform.RandomResizedCrop crop, ref RandomStream random)
    {
        double area = (double)width * height, logMin = Math.Log(crop.MinRatio), logMax = Math.Log(crop.MaxRatio);
        for (int i = 0; i < Tries; i++)
        {
            double wantedArea = area * random.NextDouble(crop.MinScale, crop.MaxScale), ratio = Math.Exp(random.NextDouble(logMin, logMax));
            int w = Round(Math.Sqrt(wantedArea * ratio)), h = Round(Math.Sqrt(wantedArea / ratio));
            if (w <= 0 || w > width || h <= 0 || h > height) continue;
            int top = random.NextInt32(height - h + 1), left = random.NextInt32(width - w + 1);
            return new(left, top, w, h);
        }

        double own = (double)width / height;
        var (fitWidth, fitHeight) = own < crop.MinRatio ? (width, Round(width / crop.MinRatio)) : own > crop.MaxRatio ? (Round(height * crop.MaxRatio), height) : (width, height);
        (fitWidth, fitHeight) = (Math.Clamp(fitWidth, 1, width), Math.Clamp(fitHeight, 1, height));
        return new((width - fitWidth) / 2, (height - fitHeight) / 2, fitWidth, fitHeight);

        static int Round(double value) => (int)Math.Round(value, MidpointRounding.ToEven);
    }
}
