using System.Runtime.CompilerServices;
using ActorTrainer.Data.Decoding;

namespace ActorTrainer.Data.Sources;

/// <summary>The bytes of one file in a buffer that is used again for the next: one a thread. Pinned, because the codecs read it in place.</summary>
internal sealed class FileBytes
{
    /// <summary>No picture file is larger; what claims to be is refused before memory is taken for it.</summary>
    public const int MaxLength = 512 << 20;

    /// <summary>A buffer that grew beyond this for one file is not kept for the next.</summary>
    private const int MaxKept = 32 << 20;

    private byte[] _buffer = [];

    public int Length { get; private set; }

    public Span<byte> Span => _buffer.AsSpan(0, Length);

    public Memory<byte> Memory => _buffer.AsMemory(0, Length);

    public unsafe nint Address => (nint)Unsafe.AsPointer(ref System.Runtime.InteropServices.MemoryMarshal.GetArrayDataReference(_buffer));

    /// <summary>Room for exactly this many bytes, with undefined content.</summary>
    public Span<byte> Resize(long length)
    {
        if (length > MaxLength) throw new CorruptImageException($"{length:N0} bytes, more than the {MaxLength >> 20} MiB that a picture file may have");
        if (_buffer.Length < length || _buffer.Length > MaxKept && length <= MaxKept)
            _buffer = GC.AllocateUninitializedArray<byte>((int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)Math.Max(length, 4096)), pinned: true);
        Length = (int)length;
        return Span;
    }
}
