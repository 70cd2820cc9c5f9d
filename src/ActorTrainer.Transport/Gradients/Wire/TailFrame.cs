using System.Buffers.Binary;
using ActorTrainer.Core.Gradients;

namespace ActorTrainer.Transport.Gradients.Wire;

/// <summary>The payload of a <see cref="FrameKind.Tail"/>: the vector's length in bytes, then each subtree's sums and request. Little-endian.</summary>
internal static class TailFrame
{
    private const int TailBytes = 36;

    public static int Bytes(int subtrees) => sizeof(long) + (subtrees * TailBytes);

    public static void Write(Span<byte> payload, int vectorBytes, IReadOnlyList<GradientSum> own)
    {
        BinaryPrimitives.WriteInt64LittleEndian(payload, vectorBytes);
        for (int i = 0; i < own.Count; i++)
        {
            var place = payload[(sizeof(long) + (i * TailBytes))..];
            var tail = own[i].Tail;
            BinaryPrimitives.WriteDoubleLittleEndian(place, tail.Loss);
            BinaryPrimitives.WriteDoubleLittleEndian(place[8..], tail.Weight);
            BinaryPrimitives.WriteDoubleLittleEndian(place[16..], tail.Correct);
            BinaryPrimitives.WriteDoubleLittleEndian(place[24..], tail.Samples);
            BinaryPrimitives.WriteInt32LittleEndian(place[32..], (int)tail.Request);
        }
    }

    /// <returns>The vector's length in bytes; -1 for one that no vector has.</returns>
    public static int Read(ReadOnlySpan<byte> payload, Span<StepTail> tails)
    {
        long vectorBytes = BinaryPrimitives.ReadInt64LittleEndian(payload);
        for (int i = 0; i < tails.Length; i++)
        {
            var place = payload[(sizeof(long) + (i * TailBytes))..];
            tails[i] = new(
                BinaryPrimitives.ReadDoubleLittleEndian(place), BinaryPrimitives.ReadDoubleLittleEndian(place[8..]), BinaryPrimitives.ReadDoubleLittleEndian(place[16..]),
                BinaryPrimitives.ReadDoubleLittleEndian(place[24..]), (StepRequest)BinaryPrimitives.ReadInt32LittleEndian(place[32..]));
        }

        return vectorBytes is >= 0 and <= int.MaxValue ? (int)vectorBytes : -1;
    }
}
