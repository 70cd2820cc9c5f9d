using ActorTrainer.Core.Data;
using ActorTrainer.Data.Decoding;

namespace ActorTrainer.Data.Sources;

/// <summary>
/// Decoded pictures of one data set in memory, up to a budget, from any number of threads. Those that come first stay: each picture is needed once an epoch,
/// so none is worth more than another, and throwing one out for the next would keep none of them.
/// </summary>
/// <param name="background">What is behind transparent pixels of what is kept.</param>
/// <param name="budget">Bytes of pixels.</param>
internal sealed class PictureCache(int samples, Rgb background, long budget)
{
    private readonly KeptPicture?[] _pictures = new KeptPicture?[samples];
    private long _bytes;

    public Rgb Background => background;

    /// <summary>Bytes of pixels that are kept.</summary>
    public long Bytes => Volatile.Read(ref _bytes);

    /// <summary>Whether a picture of that size would still be kept.</summary>
    public bool HasRoomFor(PictureSize size) => Bytes + BytesOf(size) <= budget;

    public KeptPicture? Find(int sample) => Volatile.Read(ref _pictures[sample]);

    /// <param name="isJpeg">It came from a JPEG, which fast decoding would have made smaller.</param>
    public void Keep(int sample, Raster picture, bool isJpeg)
    {
        var size = new PictureSize(picture.Width, picture.Height);
        long bytes = BytesOf(size);
        if (Interlocked.Add(ref _bytes, bytes) <= budget && Interlocked.CompareExchange(ref _pictures[sample], new(size, Rgb24.Of(picture), isJpeg), null) is null) return;
        Interlocked.Add(ref _bytes, -bytes);
    }

    private static long BytesOf(PictureSize size) => (long)Rgb24.PixelBytes * size.Width * size.Height;
}

/// <summary>A decoded picture.</summary>
/// <param name="Rgb">R, G, B of each pixel, row by row.</param>
internal sealed record KeptPicture(PictureSize Size, byte[] Rgb, bool IsJpeg);
