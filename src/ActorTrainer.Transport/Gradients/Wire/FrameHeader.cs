using System.Buffers.Binary;
using System.IO.Hashing;

namespace ActorTrainer.Transport.Gradients.Wire;

/// <summary>What a frame carries.</summary>
internal enum FrameKind : byte
{
    /// <summary>A step begins: the vector's length, and loss, counts and request of each own subtree.</summary>
    Tail = 1,
    /// <summary>A piece of the receiver's segment, of one of the sender's subtrees.</summary>
    Part = 2,
    /// <summary>A piece of the sender's segment, summed over all shards.</summary>
    Sum = 3,
    /// <summary>The receiver is done with a slot of the sender's shared memory.</summary>
    Release = 4,
    /// <summary>Whether the sender needs the state.</summary>
    StateWanted = 5,
    /// <summary>A piece of the state, in order.</summary>
    State = 6,
    /// <summary>Something short that everybody tells everybody.</summary>
    Word = 7,
}

/// <summary>
/// Stands before every payload: 48 bytes, little-endian. The payload has a hash of its own, computed once for all who receive it.
/// </summary>
/// <param name="Item">Part: the sender's subtree, from left to right. Release: the slot.</param>
/// <param name="Sequence">Exchanges and state transfers since the group met.</param>
/// <param name="Offset">Bytes from the beginning of the whole vector, or of the state.</param>
/// <param name="Length">Bytes of the payload.</param>
/// <param name="Slot">Where in the sender's shared memory the payload stands; -1: it follows.</param>
internal readonly record struct FrameHeader(FrameKind Kind, int Item, int Generation, long Sequence, long Offset, int Length, ulong PayloadHash, int Slot)
{
    public const int Size = 48;
    /// <summary>Bytes: whatever claims more is refused before anything is allocated.</summary>
    public const int MaxPayload = 1 << 20;
    private const uint Magic = 0x31465441;      // "ATF1"
    private const int Hashed = 44;

    public static ulong Hash(ReadOnlySpan<byte> payload) => XxHash3.HashToUInt64(payload);

    public void Write(Span<byte> bytes)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, Magic);
        bytes[4] = (byte)Kind;
        bytes[5] = 0;
        BinaryPrimitives.WriteUInt16LittleEndian(bytes[6..], (ushort)Item);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[8..], Generation);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[12..], Length);
        BinaryPrimitives.WriteInt64LittleEndian(bytes[16..], Sequence);
        BinaryPrimitives.WriteInt64LittleEndian(bytes[24..], Offset);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[32..], PayloadHash);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[40..], Slot);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[Hashed..], (uint)XxHash3.HashToUInt64(bytes[..Hashed]));
    }

    /// <summary>False where these bytes are no header.</summary>
    public static bool TryRead(ReadOnlySpan<byte> bytes, out FrameHeader header)
    {
        header = default;
        if (BinaryPrimitives.ReadUInt32LittleEndian(bytes) != Magic) return false;
        if (BinaryPrimitives.ReadUInt32LittleEndian(bytes[Hashed..]) != (uint)XxHash3.HashToUInt64(bytes[..Hashed])) return false;
        header = new(
            (FrameKind)bytes[4], BinaryPrimitives.ReadUInt16LittleEndian(bytes[6..]), BinaryPrimitives.ReadInt32LittleEndian(bytes[8..]),
            BinaryPrimitives.ReadInt64LittleEndian(bytes[16..]), BinaryPrimitives.ReadInt64LittleEndian(bytes[24..]),
            BinaryPrimitives.ReadInt32LittleEndian(bytes[12..]), BinaryPrimitives.ReadUInt64LittleEndian(bytes[32..]), BinaryPrimitives.ReadInt32LittleEndian(bytes[40..]));
        return true;
    }
}
