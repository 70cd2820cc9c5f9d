using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.IO.MemoryMappedFiles;
using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;

namespace ActorTrainer.Transport.Gradients.Wire;

/// <summary>
/// Memory that two processes of one host see, in slots of one size: the sender fills a slot and sends a header, the receiver uses it in place and
/// sends the slot back. It is a file of no folder, found through the sender's /proc entry, so a kill leaves nothing.
/// </summary>
internal sealed unsafe class SharedSlots : MemoryManager<byte>, ISlots
{
    /// <summary>Bytes before the first slot: the token, and the rest of its page.</summary>
    private const int Preface = 4096;
    public const int TokenBytes = 16;
    private readonly SafeFileHandle? _file;
    private readonly MemoryMappedFile _mapping;
    private readonly MemoryMappedViewAccessor _view;
    private readonly byte* _start;
    private readonly int _length;

    private SharedSlots(SafeFileHandle file, bool isSender, int slotBytes, int slots)
    {
        (SlotBytes, Slots, _length) = (slotBytes, slots, Preface + (slotBytes * slots));
        _file = isSender ? file : null;
        _mapping = MemoryMappedFile.CreateFromFile(file, null, _length, MemoryMappedFileAccess.ReadWrite, HandleInheritability.None, leaveOpen: isSender);
        _view = _mapping.CreateViewAccessor(0, _length);
        _view.SafeMemoryMappedViewHandle.AcquirePointer(ref _start);
    }

    public int SlotBytes { get; }
    public int Slots { get; }

    /// <summary>The sender's descriptor: its peer finds the memory by it.</summary>
    public int Descriptor => (int)_file!.DangerousGetHandle();

    /// <summary>Random bytes at its beginning: who finds them has the right memory.</summary>
    public ReadOnlySpan<byte> Token => new(_start, TokenBytes);

    public Memory<byte> this[int slot] => Memory.Slice(Preface + (slot * SlotBytes), SlotBytes);

    /// <summary>Null where the system can't.</summary>
    [SuppressMessage("Reliability", "CA2000", Justification = "The slots own the handle.")]
    public static SharedSlots? Create(int slotBytes, int slots)
    {
        if (Posix.OpenMemory("actortrainer-collective") is not { } file) return null;
        RandomAccess.SetLength(file, Preface + ((long)slotBytes * slots));
        var created = new SharedSlots(file, isSender: true, slotBytes, slots);
        RandomNumberGenerator.Fill(new Span<byte>(created._start, TokenBytes));
        return created;
    }

    /// <summary>The memory of another process; null where it can't be seen from here (another user, another namespace) or is not the right one.</summary>
    [SuppressMessage("Reliability", "CA2000", Justification = "The slots own the handle.")]
    public static SharedSlots? Open(int process, int descriptor, ReadOnlySpan<byte> token, int slotBytes, int slots)
    {
        SharedSlots opened;
        try
        {
            var file = File.OpenHandle($"/proc/{process}/fd/{descriptor}", FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
            if (RandomAccess.GetLength(file) != Preface + ((long)slotBytes * slots))
            {
                file.Dispose();
                return null;
            }

            opened = new(file, isSender: false, slotBytes, slots);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            return null;
        }

        if (opened.Token.SequenceEqual(token)) return opened;
        ((IDisposable)opened).Dispose();
        return null;
    }

    public override Span<byte> GetSpan() => new(_start, _length);

    public override MemoryHandle Pin(int elementIndex = 0) => new(_start + elementIndex);

    public override void Unpin()
    {
    }

    protected override void Dispose(bool disposing)
    {
        if (!disposing || _view.SafeMemoryMappedViewHandle.IsClosed) return;
        _view.SafeMemoryMappedViewHandle.ReleasePointer();
        _view.Dispose();
        _mapping.Dispose();
        _file?.Dispose();
    }
}
