using System.Collections.Immutable;
using ActorTrainer.Core.Data;
using ActorTrainer.Data.Decoding;
using SkiaSharp;

namespace ActorTrainer.Data.Inspection;

/// <summary>A batch as one picture: what the model sees, with the class under each sample. A look at it finds a wrong augmentation in a second.</summary>
public static class BatchPicture
{
    private const int MinTile = 96, Gap = 8, CaptionHeight = 18, MaxSamples = 64;
    private static readonly SKColor Paper = new(0xFF, 0xFF, 0xFF), Ink = new(0x20, 0x20, 0x20), Bad = new(0xC0, 0x20, 0x20);

    /// <summary>PNG bytes. The first 64 samples; small ones are enlarged without smoothing.</summary>
    public static byte[] Draw(HostBatch batch, ImmutableArray<string> classes)
    {
        int count = Math.Min(batch.Count, MaxSamples), columns = (int)Math.Ceiling(Math.Sqrt(count)), rows = (count + columns - 1) / columns;
        int scale = Math.Max((MinTile + batch.Width - 1) / batch.Width, 1), width = batch.Width * scale, height = batch.Height * scale;
        int stepX = width + Gap, stepY = height + CaptionHeight + Gap;
        using var surface = new SKBitmap(new SKImageInfo(columns * stepX + Gap, rows * stepY + Gap, SKColorType.Rgba8888, SKAlphaType.Opaque));
        using var canvas = new SKCanvas(surface);
        using var paint = new SKPaint();
        canvas.Clear(Paper);
        for (int i = 0; i < count; i++)
        {
            int left = Gap + i % columns * stepX, top = Gap + i / columns * stepY;
            using var tile = Tile(batch, i);
            canvas.DrawImage(tile, new SKRect(left, top, left + width, top + height), new SKSamplingOptions(SKFilterMode.Nearest));
            int label = batch.Labels[i];
            bool excluded = batch.Weights[i] == 0;
            paint.Color = excluded ? Bad : Ink;
            string caption = excluded ? "can't be read" : label < 0 ? "?" : classes[label];
            PixelFont.Draw(canvas, paint, caption, left, top + height + 3, width);
        }

        canvas.Flush();
        using var data = surface.Encode(SKEncodedImageFormat.Png, 100);
        return data.ToArray();
    }

    private static unsafe SKImage Tile(HostBatch batch, int index)
    {
        var picture = new Raster();
        picture.Resize(batch.Width, batch.Height);
        int bytes = batch.Width * batch.Height * batch.Channels;
        var pixels = batch.Pixels.Span.Slice(index * bytes, bytes);
        int green = batch.Channels == 1 ? 0 : 1, blue = 2 * green;
        for (int i = 0, at = 0; i < picture.Words.Length; i++, at += batch.Channels) picture.Words[i] = Raster.Word(pixels[at], pixels[at + green], pixels[at + blue]);
        return SKImage.FromPixelCopy(new SKImageInfo(batch.Width, batch.Height, SKColorType.Rgba8888, SKAlphaType.Opaque), (nint)picture.Address, picture.Stride);
    }
}
