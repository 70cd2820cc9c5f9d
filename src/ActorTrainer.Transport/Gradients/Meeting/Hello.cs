using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using ActorTrainer.Core.Experiments;

namespace ActorTrainer.Transport.Gradients.Meeting;

/// <summary>
/// The first bytes of a connection, from the higher rank to the lower one: whom it looks for, and a nonce. Nothing in it is believed before the
/// proof; it only finds the group.
/// </summary>
/// <param name="Patience">How long the caller waits for a group that is not there yet.</param>
internal sealed record Hello(ExperimentName Experiment, Generation Generation, int From, int To, TimeSpan Patience, ReadOnlyMemory<byte> Nonce)
{
    public const int Size = 120;
    public const int NonceBytes = 32;
    public const int MagicBytes = 4;
    private const int MaxName = 64;
    private const ushort Version = 1;
    private static ReadOnlySpan<byte> Magic => "ATRC"u8;

    public byte[] Write()
    {
        byte[] bytes = new byte[Size];
        Magic.CopyTo(bytes);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(4), Version);
        bytes[6] = (byte)Encoding.ASCII.GetBytes(Experiment.Value, bytes.AsSpan(8, MaxName));
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(72), Generation.Value);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(76), From);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(80), To);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(84), (int)Math.Clamp(Patience.TotalMilliseconds, 0, int.MaxValue));
        Nonce.Span.CopyTo(bytes.AsSpan(88));
        return bytes;
    }

    /// <summary>Whether this can be the beginning of one: a stranger is known by the first bytes.</summary>
    public static bool CanBegin(ReadOnlySpan<byte> bytes) => Magic.StartsWith(bytes[..Math.Min(bytes.Length, MagicBytes)]);

    public static bool TryRead(ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out Hello? hello)
    {
        hello = null;
        if (!CanBegin(bytes) || BinaryPrimitives.ReadUInt16LittleEndian(bytes[4..]) != Version || bytes[6] > MaxName) return false;
        string name = Encoding.ASCII.GetString(bytes.Slice(8, bytes[6]));
        int generation = BinaryPrimitives.ReadInt32LittleEndian(bytes[72..]), from = BinaryPrimitives.ReadInt32LittleEndian(bytes[76..]);
        int to = BinaryPrimitives.ReadInt32LittleEndian(bytes[80..]), patience = BinaryPrimitives.ReadInt32LittleEndian(bytes[84..]);
        if (!ExperimentName.IsValid(name) || to < 0 || from <= to || from >= CollectiveGroup.MaxMembers || patience < 0) return false;
        hello = new(new(name), new(generation), from, to, TimeSpan.FromMilliseconds(patience), bytes.Slice(88, NonceBytes).ToArray());
        return true;
    }
}
