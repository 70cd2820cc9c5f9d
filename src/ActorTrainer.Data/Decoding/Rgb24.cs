using System.Runtime.Intrinsics;
using ActorTrainer.Data.Augmentation;

namespace ActorTrainer.Data.Decoding;

/// <summary>Pictures as R, G, B without gaps: what batches, packs and the cache hold.</summary>
internal static class Rgb24
{
    public const int PixelBytes = 3;

    public static byte[] Of(Raster picture)
    {
        byte[] bytes = GC.AllocateUninitializedArray<byte>(PixelBytes * picture.Width * picture.Height);
        Pack(picture.Words, bytes);
        return bytes;
    }

    /// <summary>R G B x to R G B.</summary>
    public static void Pack(ReadOnlySpan<uint> pixels, Span<byte> into)
    {
        int i = 0;
        // Four pixels at once: 12 bytes that count and 4 that the next store overwrites, so the last ones go one by one.
        var order = Vector128.Create((byte)0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, 0x80, 0x80, 0x80, 0x80);
        for (; i + 6 <= pixels.Length; i += 4) Vector128.Shuffle(Vector128.Create(pixels.Slice(i, 4)).AsByte(), order).CopyTo(into[(3 * i)..]);
        for (; i < pixels.Length; i++) (into[3 * i], into[(3 * i) + 1], into[(3 * i) + 2]) = ((byte)pixels[i], (byte)(pixels[i] >> 8), (byte)(pixels[i] >> 16));
    }

    /// <summary>R G B to R G B 255, of what a framing reaches.</summary>
    public static PicturePart Unpack(ReadOnlySpan<byte> from, PictureSize size, Framing framing, Raster into)
    {
        var window = framing.Reach(size);
        into.Resize(window.Width, window.Height);
        for (int y = 0; y < window.Height; y++)
            Unpack(from[(PixelBytes * ((window.Top + y) * size.Width + window.Left))..], into.Words.Slice(y * window.Width, window.Width));
        return new(window.Left, window.Top, size);
    }

    // May read beyond the pixels that are wanted, never beyond the span.
    private static void Unpack(ReadOnlySpan<byte> from, Span<uint> into)
    {
        var order = Vector128.Create((byte)0, 1, 2, 0x80, 3, 4, 5, 0x80, 6, 7, 8, 0x80, 9, 10, 11, 0x80);
        var opaque = Vector128.Create(0xFF000000u);
        int i = 0;
        // Four pixels at once: 16 bytes are loaded, 12 count.
        for (; i + 4 <= into.Length && (3 * i) + 16 <= from.Length; i += 4) (Vector128.Shuffle(Vector128.Create(from[(3 * i)..]), order).AsUInt32() | opaque).CopyTo(into[i..]);
        for (; i < into.Length; i++) into[i] = Raster.Word(from[3 * i], from[(3 * i) + 1], from[(3 * i) + 2]);
    }
}
