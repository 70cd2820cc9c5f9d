using ActorTrainer.Data.Decoding;

namespace ActorTrainer.Data.Augmentation;

/// <summary>Mirrors a picture in place.</summary>
internal static class Flip
{
    public static void Horizontal(Raster picture)
    {
        for (int y = 0; y < picture.Height; y++) picture.Words.Slice(y * picture.Width, picture.Width).Reverse();
    }

    public static void Vertical(Raster picture)
    {
        var pixels = picture.Words;
        int width = picture.Width;
        for (int top = 0, bottom = picture.Height - 1; top < bottom; top++, bottom--)
        {
            for (int above = top * width, below = bottom * width, x = 0; x < width; x++, above++, below++)
                (pixels[above], pixels[below]) = (pixels[below], pixels[above]);
        }
    }
}
