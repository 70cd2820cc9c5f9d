using SkiaSharp;

namespace ActorTrainer.Data.Decoding;

/// <summary>Turns a picture the way its EXIF tag says it was held.</summary>
internal static class Orientation
{
    public static void Apply(Raster from, Raster to, SKEncodedOrigin origin)
    {
        int width = from.Width, height = from.Height;
        bool swaps = origin >= SKEncodedOrigin.LeftTop;
        to.Resize(swaps ? height : width, swaps ? width : height);
        // Where the source's (0, 0) lands, and how far in the target one source pixel right and one row down are.
        int w = to.Width, h = to.Height;
        var (start, right, down) = origin switch
        {
            SKEncodedOrigin.TopRight => (w - 1, -1, w),
            SKEncodedOrigin.BottomRight => (w * h - 1, -1, -w),
            SKEncodedOrigin.BottomLeft => (w * (h - 1), 1, -w),
            SKEncodedOrigin.LeftTop => (0, w, 1),
            SKEncodedOrigin.RightTop => (w - 1, w, -1),
            SKEncodedOrigin.RightBottom => (w * h - 1, -w, -1),
            SKEncodedOrigin.LeftBottom => (w * (h - 1), -w, 1),
            _ => (0, 1, w),
        };
        var source = from.Words;
        var target = to.Words;
        for (int y = 0, i = 0; y < height; y++)
        {
            for (int x = 0, at = start + y * down; x < width; x++, at += right) target[at] = source[i++];
        }
    }
}
