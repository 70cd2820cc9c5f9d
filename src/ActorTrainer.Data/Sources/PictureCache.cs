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
    private readonly Picture?[] _pictures = new Picture?[samples];
    private long _bytes;

    public Rgb Background => background;

    /// <summary>Bytes of pixels that are kept.</summary>
    public long Bytes => Volatile.Read(ref _bytes);

    public bool TryGet(int sample, Raster into)
    {
        if (Volatile.Read(ref _pictures[sample]) is not { } kept) return false;
        Rgb24.Unpack(kept.Rgb, kept.Width, kept.Height, into);
        return true;
    }

    public void Keep(int sample, Raster picture)
    {
        long size = (long)Rgb24.PixelBytes * picture.Width * picture.Height;
        if (Interlocked.Add(ref _bytes, size) <= budget && Interlocked.CompareExchange(ref _pictures[sample], new(picture.Width, picture.Height, Rgb24.Of(picture)), null) is null) return;
        Interlocked.Add(ref _bytes, -size);
    }

    private sealed record Picture(int Width, int Height, byte[] Rgb);
}
