using System.Buffers.Binary;
using System.IO.Hashing;
using System.Text;
using ActorTrainer.Transport.Gradients.Wire;

namespace ActorTrainer.Transport.Gradients.Meeting;

/// <summary>How two processes of one host find each other's <see cref="SharedSlots"/>: both directions or none.</summary>
internal static class MemoryOffer
{
    private const int OfferBytes = 24 + SharedSlots.TokenBytes;
    private const int MaxSlots = 4096;

    /// <summary>A process id means something in its namespace only.</summary>
    private static readonly long ProcessIds = FindProcessIds();

    /// <param name="offers">False: this side wants none, and says so.</param>
    /// <param name="slots">Of this side's memory.</param>
    public static (SharedSlots? Outgoing, SharedSlots? Incoming) Exchange(Conversation line, bool offers, int slots)
    {
        var outgoing = offers ? SharedSlots.Create(ExchangePlan.PieceBytes, slots) : null;
        SharedSlots? incoming = null;
        bool kept = false;
        try
        {
            line.Send(Write(outgoing));
            incoming = offers ? Open(line.Receive(OfferBytes)) : Ignore(line.Receive(OfferBytes));
            line.Send([incoming is not null && outgoing is not null ? (byte)1 : (byte)0]);
            kept = line.Receive(1)[0] == 1 && incoming is not null && outgoing is not null;
            return kept ? (outgoing, incoming) : default;
        }
        finally
        {
            if (!kept)
            {
                (outgoing as IDisposable)?.Dispose();
                (incoming as IDisposable)?.Dispose();
            }
        }
    }

    private static byte[] Write(SharedSlots? memory)
    {
        byte[] offer = new byte[OfferBytes];
        BinaryPrimitives.WriteInt32LittleEndian(offer, Environment.ProcessId);
        BinaryPrimitives.WriteInt32LittleEndian(offer.AsSpan(4), memory?.Descriptor ?? -1);
        BinaryPrimitives.WriteInt32LittleEndian(offer.AsSpan(8), memory?.SlotBytes ?? 0);
        BinaryPrimitives.WriteInt32LittleEndian(offer.AsSpan(12), memory?.Slots ?? 0);
        BinaryPrimitives.WriteInt64LittleEndian(offer.AsSpan(16), ProcessIds);
        memory?.Token.CopyTo(offer.AsSpan(24));
        return offer;
    }

    private static SharedSlots? Open(ReadOnlySpan<byte> offer)
    {
        int process = BinaryPrimitives.ReadInt32LittleEndian(offer), descriptor = BinaryPrimitives.ReadInt32LittleEndian(offer[4..]);
        int slotBytes = BinaryPrimitives.ReadInt32LittleEndian(offer[8..]), slots = BinaryPrimitives.ReadInt32LittleEndian(offer[12..]);
        bool fits = descriptor >= 0 && slotBytes == ExchangePlan.PieceBytes && slots is > 0 and <= MaxSlots && BinaryPrimitives.ReadInt64LittleEndian(offer[16..]) == ProcessIds;
        return fits ? SharedSlots.Open(process, descriptor, offer[24..], slotBytes, slots) : null;
    }

    private static SharedSlots? Ignore(byte[] _) => null;

    private static long FindProcessIds() =>
        OperatingSystem.IsLinux() && new FileInfo("/proc/self/ns/pid").LinkTarget is { } name ? (long)XxHash3.HashToUInt64(Encoding.UTF8.GetBytes(name)) : 0;
}
