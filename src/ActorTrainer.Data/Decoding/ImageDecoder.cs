using ActorTrainer.Core.Data;
using ActorTrainer.Data.Augmentation;
using SkiaSharp;

namespace ActorTrainer.Data.Decoding;

/// <summary>What a file's header says.</summary>
/// <param name="Width">As shown, after turning.</param>
/// <param name="Format">JPEG, PNG, BMP, WebP or GIF.</param>
internal readonly record struct ImageHeader(int Width, int Height, string Format);

/// <summary>
/// Bytes of a JPEG, PNG, BMP, WebP or GIF (its first frame) to pixels as Pillow's convert("RGB") gives them: colour profiles are not applied,
/// EXIF orientation is, transparent pixels show the background. A file that ends too early is corrupt, never half a picture.
/// </summary>
internal static class ImageDecoder
{
    public static unsafe ImageHeader ReadHeader(ReadOnlySpan<byte> bytes)
    {
        fixed (byte* address = bytes)
        {
            using var codec = Open(address, bytes.Length);
            var size = Orientation.Shown(new(codec.Info.Width, codec.Info.Height), codec.EncodedOrigin);
            return new(size.Width, size.Height, NameOf(codec.EncodedFormat));
        }
    }

    /// <summary>Decodes into <see cref="Workspace.Picture"/>; true where the background shows. Throws <see cref="CorruptImageException"/>.</summary>
    public static unsafe bool Decode(ReadOnlySpan<byte> bytes, Workspace workspace, Rgb background)
    {
        fixed (byte* address = bytes)
        {
            using var codec = Open(address, bytes.Length);
            return DecodeWhole(codec, new(codec.Info.Width, codec.Info.Height), workspace, background);
        }
    }

    /// <summary>
    /// Decodes what a framing reaches into <see cref="Workspace.Picture"/>, and as much around it as the codec makes anyway. The bits are those that decoding the
    /// whole picture gives, and so is the verdict on a damaged file: throws <see cref="CorruptImageException"/> wherever that would.
    /// </summary>
    /// <param name="mode">Fast: a JPEG is decoded at the smallest scale that has the pixels which the framing asks for.</param>
    /// <param name="isSound">The whole file is known to decode: what lies below the framing need not be looked at.</param>
    public static unsafe PicturePart Decode(ReadOnlySpan<byte> bytes, Workspace workspace, Rgb background, Framing framing, PictureDecoding mode, bool isSound)
    {
        fixed (byte* address = bytes)
        {
            using var codec = Open(address, bytes.Length);
            var stored = new PictureSize(codec.Info.Width, codec.Info.Height);
            bool isJpeg = codec.EncodedFormat == SKEncodedImageFormat.Jpeg;
            if (isJpeg && mode == PictureDecoding.Fast && framing.Eighths < 8)
            {
                var scaled = codec.GetScaledDimensions(framing.Eighths / 8f);
                stored = new(scaled.Width, scaled.Height);
            }

            var (origin, shown) = (codec.EncodedOrigin, Orientation.Shown(stored, codec.EncodedOrigin));
            if (isJpeg && JpegLayout.HasParts(bytes) && JpegPart.Covering(Orientation.ToStored(framing.Reach(shown), origin, stored), stored) is { } part)
            {
                if (JpegPart.TryDecode(codec, stored, part, workspace, isSound))
                {
                    Orientation.Turn(workspace, origin);
                    var at = Orientation.ToShown(part, origin, stored);
                    return new(at.Left, at.Top, shown);
                }

                // Something is wrong with the file. What, the whole picture says.
                using var again = Open(address, bytes.Length);
                DecodeWhole(again, stored, workspace, background);
            }
            else
            {
                DecodeWhole(codec, stored, workspace, background);
            }

            return PicturePart.Whole(workspace.Picture);
        }
    }

    private static unsafe bool DecodeWhole(SKCodec codec, PictureSize size, Workspace workspace, Rgb background)
    {
        bool opaque = codec.Info.AlphaType == SKAlphaType.Opaque;
        workspace.Picture.Resize(size.Width, size.Height);
        // No colour space: pixels come as they are stored.
        var wanted = new SKImageInfo(size.Width, size.Height, SKColorType.Rgba8888, opaque ? SKAlphaType.Opaque : SKAlphaType.Unpremul, null);
        var result = codec.GetPixels(wanted, (nint)workspace.Picture.Address, workspace.Picture.Stride, SKCodecOptions.Default);
        if (result != SKCodecResult.Success) throw new CorruptImageException(Reason(result));
        bool shows = !opaque && Composite(workspace.Picture.Words, background);
        Orientation.Turn(workspace, codec.EncodedOrigin);
        return shows;
    }

    private static unsafe SKCodec Open(byte* address, int length)
    {
        if (length == 0) throw new CorruptImageException("empty (0 bytes)");
        using var data = SKData.Create((nint)address, length);
        var codec = SKCodec.Create(data) ?? throw new CorruptImageException(LooksLikeAPicture(new(address, length)) ? "cut off or damaged in its header" : "not a picture in any known format");
        try
        {
            if (codec.EncodedFormat is not (SKEncodedImageFormat.Jpeg or SKEncodedImageFormat.Png or SKEncodedImageFormat.Bmp or SKEncodedImageFormat.Webp or SKEncodedImageFormat.Gif))
                throw new CorruptImageException($"a {codec.EncodedFormat} file, which is not supported");
            var size = codec.Info;
            if ((long)size.Width * size.Height > Raster.MaxPixels)
                throw new CorruptImageException($"{size.Width} x {size.Height} pixels, more than the {Raster.MaxPixels / 1_000_000} million that are taken");
            return codec;
        }
        catch
        {
            codec.Dispose();
            throw;
        }
    }

    private static string NameOf(SKEncodedImageFormat format) => format is SKEncodedImageFormat.Webp ? "WebP" : format.ToString().ToUpperInvariant();

    private static bool LooksLikeAPicture(ReadOnlySpan<byte> bytes) => bytes is [0xFF, 0xD8, ..] or [0x89, (byte)'P', (byte)'N', (byte)'G', ..] or [(byte)'G', (byte)'I', (byte)'F', ..]
        or [(byte)'B', (byte)'M', ..] or [(byte)'R', (byte)'I', (byte)'F', (byte)'F', ..];

    // (colour * alpha + background * (255 - alpha)) / 255, rounded as Pillow's paste with a mask does.
    private static bool Composite(Span<uint> pixels, Rgb background)
    {
        bool shows = false;
        foreach (ref uint pixel in pixels)
        {
            int alpha = (int)(pixel >> 24);
            if (alpha == 255) continue;
            shows = true;
            pixel = Raster.Word(Blend((int)(pixel & 0xFF), background.R), Blend((int)(pixel >> 8 & 0xFF), background.G), Blend((int)(pixel >> 16 & 0xFF), background.B));

            int Blend(int colour, int below)
            {
                int sum = colour * alpha + below * (255 - alpha) + 128;
                return sum + (sum >> 8) >> 8;
            }
        }

        return shows;
    }

    private static string Reason(SKCodecResult result) => result switch
    {
        SKCodecResult.IncompleteInput => "cut off: it ends before the picture does",
        SKCodecResult.ErrorInInput => "damaged: the picture's data make no sense",
        SKCodecResult.Unimplemented => "of a kind that the decoder does not support",
        _ => $"can't be decoded ({result})",
    };
}
