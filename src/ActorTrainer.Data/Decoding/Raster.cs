using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using ActorTrainer.Core.Data;

namespace ActorTrainer.Data.Decoding;

/// <summary>
/// A picture on its way through a thread: R, G, B and an unused byte for each pixel, rows without gaps. The memory is used again for the next picture.
/// Grey pictures carry their grey three times: every transform then means the same as on one channel, and there is one form of it.
/// </summary>
internal sealed class Raster
{
    public const int PixelBytes = 4;

    /// <summary>Refused before memory is taken: a small file can claim any size, and a long one can be scaled up to any.</summary>
    public const long MaxPixels = 100_000_000;

    /// <summary>Vector loads may reach this far past the last pixel.</summary>
    private const int Slack = 64;

    /// <summary>A buffer that grew beyond this for one picture is not kept for the next.</summary>
    private const int MaxKept = 64 << 20;

    private byte[] _pixels = [];

    public int Width { get; private set; }
    public int Height { get; private set; }
    public int Stride => Width * PixelBytes;
    public Span<byte> Pixels => _pixels.AsSpan(0, Height * Stride);
    public Span<uint> Words => MemoryMarshal.Cast<byte, uint>(Pixels);
    public ref byte Origin => ref MemoryMarshal.GetArrayDataReference(_pixels);

    /// <summary>The memory is pinned, so this holds until the next <see cref="Resize"/>.</summary>
    public unsafe byte* Address => (byte*)Unsafe.AsPointer(ref Origin);

    /// <summary>Another size, with undefined pixels.</summary>
    public void Resize(int width, int height)
    {
        if ((long)width * height > MaxPixels) throw new CorruptImageException($"{width} x {height} pixels, more than the {MaxPixels / 1_000_000} million that are taken");
        int needed = width * height * PixelBytes + Slack;
        if (_pixels.Length < needed || _pixels.Length > MaxKept && needed <= MaxKept)
            _pixels = GC.AllocateUninitializedArray<byte>((int)BitOperations.RoundUpToPowerOf2((uint)needed), pinned: true);
        (Width, Height) = (width, height);
    }

    public void Fill(Rgb colour) => Words.Fill(Word(colour.R, colour.G, colour.B));

    /// <summary>A pixel as it stands in memory on a little-endian machine.</summary>
    public static uint Word(int r, int g, int b) => (uint)(r | g << 8 | b << 16) | 0xFF000000;
}
