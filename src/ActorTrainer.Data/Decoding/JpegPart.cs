using ActorTrainer.Data.Augmentation;
using SkiaSharp;

namespace ActorTrainer.Data.Decoding;

/// <summary>
/// A window of a JPEG with the bits that the whole picture would have there. Rows above it and columns beside it are read from the entropy-coded stream but not
/// transformed; rows below it are read too, because the verdict on a file must not depend on the window, unless the file is known to be sound.
/// </summary>
internal static class JpegPart
{
    /// <summary>
    /// The codec fills in chroma from neighbours, and at the window's sides takes the outermost column for its neighbour: so it gets columns beyond,
    /// which are the picture's own. Two would do for subsampling by two.
    /// </summary>
    private const int Margin = 8;

    /// <summary>Columns of the widest block that is coded together (MCU, 16 pixels): a window that begins there needs no copy in the codec.</summary>
    private const int BlockColumns = 16;

    /// <summary>The window to decode, in the stored picture; null: the whole picture is the least work.</summary>
    public static PixelWindow? Covering(PixelWindow wanted, PictureSize picture)
    {
        int left = Math.Max(wanted.Left - Margin, 0) / BlockColumns * BlockColumns, right = Math.Min(wanted.Right + Margin, picture.Width);
        var window = new PixelWindow(left, wanted.Top, right - left, wanted.Height);
        return window == picture.All ? null : window;
    }

    /// <summary>Into <see cref="Workspace.Picture"/>. False: the file is damaged, or not what its header says.</summary>
    /// <param name="codec">Fresh.</param>
    /// <param name="picture">The stored picture's size, or a scaled one that the codec offers.</param>
    public static unsafe bool TryDecode(SKCodec codec, PictureSize picture, PixelWindow window, Workspace workspace, bool isSound)
    {
        var target = workspace.Picture;
        target.Resize(window.Width, window.Height);
        var info = new SKImageInfo(picture.Width, picture.Height, SKColorType.Rgba8888, SKAlphaType.Opaque, null);
        // Memory that is said to be zero is not filled where the file ends too early: the codec keeps no valid pointer to the subset, whose width it would fill.
        var options = new SKCodecOptions(SKZeroInitialized.Yes, new SKRectI(window.Left, 0, window.Right, picture.Height));
        if (codec.StartScanlineDecode(info, options) != SKCodecResult.Success) return false;
        if (window.Top > 0 && !codec.SkipScanlines(window.Top)) return false;
        if (codec.GetScanlines((nint)target.Address, window.Height, target.Stride) != window.Height) return false;
        return isSound || HasRowsBelow(codec, picture.Height - window.Bottom, window.Width, workspace.Spare);
    }

    // Skipping past an end that comes too early succeeds; reading the last row after it does not.
    private static unsafe bool HasRowsBelow(SKCodec codec, int rows, int width, Raster row)
    {
        if (rows == 0) return true;
        if (rows > 1 && !codec.SkipScanlines(rows - 1)) return false;
        row.Resize(width, 1);
        return codec.GetScanlines((nint)row.Address, 1, row.Stride) == 1;
    }
}
