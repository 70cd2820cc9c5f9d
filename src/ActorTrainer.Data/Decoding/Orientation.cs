using ActorTrainer.Data.Augmentation;
using SkiaSharp;

namespace ActorTrainer.Data.Decoding;

/// <summary>Turns a picture the way its EXIF tag says it was held.</summary>
internal static class Orientation
{
    /// <summary>The size of a picture, or a part of one, once it is turned.</summary>
    public static PictureSize Shown(PictureSize stored, SKEncodedOrigin origin) => Swaps(origin) ? new(stored.Height, stored.Width) : stored;

    /// <summary>Where a window of the turned picture lies in the stored one.</summary>
    public static PixelWindow ToStored(PixelWindow shown, SKEncodedOrigin origin, PictureSize stored)
    {
        var unswapped = Swaps(origin) ? new PixelWindow(shown.Top, shown.Left, shown.Height, shown.Width) : shown;
        return Mirror(unswapped, origin, stored);
    }

    /// <summary>Where a window of the stored picture lies in the turned one.</summary>
    public static PixelWindow ToShown(PixelWindow stored, SKEncodedOrigin origin, PictureSize picture)
    {
        var mirrored = Mirror(stored, origin, picture);
        return Swaps(origin) ? new(mirrored.Top, mirrored.Left, mirrored.Height, mirrored.Width) : mirrored;
    }

    public static void Turn(Workspace workspace, SKEncodedOrigin origin)
    {
        if (origin == SKEncodedOrigin.TopLeft) return;
        Apply(workspace.Picture, workspace.Spare, origin);
        workspace.Swap();
    }

    private static bool Swaps(SKEncodedOrigin origin) => origin >= SKEncodedOrigin.LeftTop;

    // The names say which side of the shown picture the stored first row is, then the first column.
    private static PixelWindow Mirror(PixelWindow window, SKEncodedOrigin origin, PictureSize stored)
    {
        bool columns = origin is SKEncodedOrigin.TopRight or SKEncodedOrigin.BottomRight or SKEncodedOrigin.RightBottom or SKEncodedOrigin.LeftBottom;
        bool rows = origin is SKEncodedOrigin.BottomRight or SKEncodedOrigin.BottomLeft or SKEncodedOrigin.RightTop or SKEncodedOrigin.RightBottom;
        return window with { Left = columns ? stored.Width - window.Right : window.Left, Top = rows ? stored.Height - window.Bottom : window.Top };
    }

    private static void Apply(Raster from, Raster to, SKEncodedOrigin origin)
    {
        int width = from.Width, height = from.Height;
        var shown = Shown(new(width, height), origin);
        to.Resize(shown.Width, shown.Height);
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
