using ActorTrainer.Data.Decoding;

namespace ActorTrainer.Data.Augmentation;

/// <summary>
/// Turns the hue as torchvision does on a Pillow image: to HSV of 8 bits a channel, add to H modulo 256, and back, with Pillow's roundings
/// (single and double precision exactly where its Convert.c has them).
/// </summary>
internal static class Hue
{
    /// <param name="picture">Turned in place.</param>
    /// <param name="share">Of a full turn, -0.5 to 0.5.</param>
    public static void Turn(Raster picture, double share)
    {
        byte by = unchecked((byte)(int)(share * 255));
        foreach (ref uint pixel in picture.Words)
        {
            var (h, s, v) = ToHsv((byte)pixel, (byte)(pixel >> 8), (byte)(pixel >> 16));
            pixel = ToRgb(unchecked((byte)(h + by)), s, v);
        }
    }

    internal static (byte H, byte S, byte V) ToHsv(byte r, byte g, byte b)
    {
        byte max = Math.Max(r, Math.Max(g, b)), min = Math.Min(r, Math.Min(g, b));
        if (max == min) return (0, 0, max);
        float range = max - min, s = range / max;
        float rc = (max - r) / range, gc = (max - g) / range, bc = (max - b) / range;
        float h = r == max ? bc - gc : g == max ? (float)(2.0 + rc - bc) : (float)(4.0 + gc - rc);
        h = (float)((h / 6.0 + 1.0) % 1.0);
        return ((byte)Math.Clamp((int)(h * 255.0), 0, 255), (byte)Math.Clamp((int)(s * 255.0), 0, 255), max);
    }

    internal static uint ToRgb(byte h, byte s, byte v)
    {
        if (s == 0) return Raster.Word(v, v, v);
        int sector = (int)Math.Floor(h * 6.0 / 255.0);
        float f = (float)(h * 6.0 / 255.0 - (float)sector), fs = (float)(s / 255.0);
        int p = Round((float)v * (1.0 - fs)), q = Round((float)v * (1.0 - fs * f)), t = Round((float)v * (1.0 - fs * (1.0 - f)));
        return (sector % 6) switch
        {
            0 => Raster.Word(v, t, p),
            1 => Raster.Word(q, v, p),
            2 => Raster.Word(p, v, t),
            3 => Raster.Word(p, q, v),
            4 => Raster.Word(t, p, v),
            _ => Raster.Word(v, p, q),
        };

        static int Round(double value) => Math.Clamp((int)(float)Math.Round(value, MidpointRounding.AwayFromZero), 0, 255);
    }
}
