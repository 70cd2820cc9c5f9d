using ActorTrainer.Core.Data;
using ActorTrainer.Core.Randomness;
using ActorTrainer.Data.Decoding;

namespace ActorTrainer.Data.Augmentation;

/// <summary>
/// Brightness, contrast, saturation and hue in random order, with the bytes that torchvision's transform gives on a Pillow image:
/// the first three blend with black, with the mean grey, with the picture's own grey; hue turns in HSV of 8 bits a channel.
/// </summary>
internal static class ColorJitter
{
    public static void Apply(Raster picture, ImageTransform.ColorJitter jitter, ref RandomStream random)
    {
        Span<int> order = [0, 1, 2, 3];
        for (int i = order.Length - 1; i > 0; i--)
        {
            int other = random.NextInt32(i + 1);
            (order[i], order[other]) = (order[other], order[i]);
        }

        double brightness = Factor(jitter.Brightness, ref random), contrast = Factor(jitter.Contrast, ref random), saturation = Factor(jitter.Saturation, ref random);
        double hue = random.NextDouble(-jitter.Hue, jitter.Hue);
        foreach (int which in order)
        {
            switch (which)
            {
                case 0 when jitter.Brightness > 0: Brightness(picture, (float)brightness); break;
                case 1 when jitter.Contrast > 0: Contrast(picture, (float)contrast); break;
                case 2 when jitter.Saturation > 0: Saturation(picture, (float)saturation); break;
                case 3 when jitter.Hue > 0: Hue.Turn(picture, hue); break;
            }
        }

        static double Factor(double strength, ref RandomStream random) => random.NextDouble(Math.Max(0, 1 - strength), 1 + strength);
    }

    public static void Brightness(Raster picture, float factor) => BlendWith(picture, 0, factor);

    public static void Contrast(Raster picture, float factor)
    {
        long sum = 0;
        foreach (uint pixel in picture.Words) sum += Luma.Of(pixel);
        BlendWith(picture, (int)((double)sum / (picture.Width * picture.Height) + 0.5), factor);
    }

    public static void Saturation(Raster picture, float factor)
    {
        if (factor == 1) return;
        foreach (ref uint pixel in picture.Words)
        {
            int grey = Luma.Of(pixel);
            pixel = Raster.Word(Blend(grey, (int)(pixel & 0xFF), factor), Blend(grey, (int)(pixel >> 8 & 0xFF), factor), Blend(grey, (int)(pixel >> 16 & 0xFF), factor));
        }
    }

    private static void BlendWith(Raster picture, int grey, float factor)
    {
        if (factor == 1) return;
        Span<byte> table = stackalloc byte[256];
        for (int value = 0; value < table.Length; value++) table[value] = (byte)Blend(grey, value, factor);
        foreach (ref uint pixel in picture.Words) pixel = Raster.Word(table[(int)(pixel & 0xFF)], table[(int)(pixel >> 8 & 0xFF)], table[(int)(pixel >> 16 & 0xFF)]);
    }

    // Pillow's Image.blend: single precision, cut to whole levels, clipped where it goes beyond either picture.
    private static int Blend(int from, int to, float factor) => (int)Math.Clamp(from + factor * (to - from), 0f, 255f);
}
