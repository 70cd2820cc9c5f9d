using ActorTrainer.Data.Decoding;
using SkiaSharp;

namespace ActorTrainer.Data.Inspection;

/// <summary>Pixels to the bytes of a picture file.</summary>
internal static class PictureFile
{
    public static unsafe byte[] Encode(Raster picture, SKEncodedImageFormat format, int quality)
    {
        var info = new SKImageInfo(picture.Width, picture.Height, SKColorType.Rgba8888, SKAlphaType.Opaque);
        using var pixmap = new SKPixmap(info, (nint)picture.Address, picture.Stride);
        using var data = pixmap.Encode(format, quality) ?? throw new InvalidOperationException($"{picture.Width} x {picture.Height} pixels can't be written as {format}");
        return data.ToArray();
    }
}
