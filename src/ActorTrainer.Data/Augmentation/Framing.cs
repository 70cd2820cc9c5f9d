using ActorTrainer.Data.Decoding;

namespace ActorTrainer.Data.Augmentation;

/// <summary>
/// What a transform takes of a picture, known from the picture's size before a pixel is decoded: <paramref name="Crop"/> is resized to
/// <paramref name="Width"/> x <paramref name="Height"/>, of which <paramref name="Window"/> is wanted; where that reaches outside, the background shows.
/// </summary>
/// <param name="Picture">The size that the other numbers refer to.</param>
/// <param name="Crop">Inside the picture. Pixels outside it count for nothing.</param>
internal readonly record struct Framing(PictureSize Picture, PixelWindow Crop, int Width, int Height, PixelWindow Window)
{
    private const int WholeScale = 8;

    public static Framing Whole(PictureSize picture) => new(picture, picture.All, picture.Width, picture.Height, picture.All);

    public bool IsWhole => this == Whole(Picture);

    /// <summary>The part of the resized crop that is made of pixels, not of background; never empty.</summary>
    public PixelWindow Inside
    {
        get
        {
            var inside = Window.Intersect(new(0, 0, Width, Height));
            return inside.IsEmpty ? new(0, 0, 1, 1) : inside;
        }
    }

    /// <summary>The smallest scale, in eighths, at which the crop still has every pixel that its resizing asks for: 1 to 8.</summary>
    public int Eighths
    {
        get
        {
            int across = EighthsOf(Width, Crop.Width), down = EighthsOf(Height, Crop.Height);
            return Math.Clamp(Math.Max(across, down), 1, WholeScale);

            static int EighthsOf(int wanted, int from) => (int)(((long)WholeScale * wanted + from - 1) / from);
        }
    }

    /// <summary>The crop in a picture that was decoded at another size than <see cref="Picture"/>.</summary>
    public (Extent Columns, Extent Rows) CropIn(PictureSize decoded) => (In(Crop.Left, Crop.Width, decoded.Width, Picture.Width), In(Crop.Top, Crop.Height, decoded.Height, Picture.Height));

    /// <summary>The pixels of a picture decoded at that size that the window is made of.</summary>
    public PixelWindow Reach(PictureSize decoded)
    {
        var (columns, rows) = CropIn(decoded);
        var inside = Inside;
        var (left, width) = ResampleWeights.Reach(columns, Width, inside.Left, inside.Width);
        var (top, height) = ResampleWeights.Reach(rows, Height, inside.Top, inside.Height);
        return new PixelWindow(left, top, width, height).Intersect(decoded.All);
    }

    // Whole numbers stay exactly what they are where the sizes are equal.
    private static Extent In(int begin, int size, int decoded, int picture)
    {
        if (decoded == picture) return new(begin, size);
        double from = (double)begin * decoded / picture, until = (double)(begin + size) * decoded / picture;
        return new(from, until - from);
    }
}
