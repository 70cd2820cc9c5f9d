using System.Buffers.Binary;
using System.Security.Cryptography;
using ActorTrainer.Core.Gradients;
using ActorTrainer.Transport.Gradients.Wire;

namespace ActorTrainer.Transport.Gradients.Meeting;

/// <summary>
/// How two trainers of a group get to know each other. The higher rank calls.
/// <code>
///   caller                                 called
///   Hello: experiment, generation,
///          ranks, nonce            ─────►
///                                  ◄───── nonce, or a refusal
///   claims, HMAC                   ─────►
///                                  ◄───── claims, HMAC
///   memory to share                ◄────►  memory to share      (on one host)
/// </code>
/// Each HMAC covers its side, everything above and both nonces, so neither a replayed nor a reflected one is right. Differences between the claims are
/// named, but only to those who have proved that they know the key.
/// </summary>
internal sealed class Handshake(CollectiveGroup group, bool sharesMemory)
{
    private const int AnswerBytes = 40;
    private static readonly byte[] Purpose = "actortrainer collective 1\0"u8.ToArray();
    private readonly byte[] _claims = Claims.Of(group).Write();

    /// <param name="isLocal">Over a Unix socket: the peers may share memory.</param>
    public FrameLink Call(int rank, Conversation line, bool isLocal, TimeSpan patience)
    {
        var hello = new Hello(group.Experiment, group.Generation, group.Rank, rank, patience, RandomNumberGenerator.GetBytes(Hello.NonceBytes));
        byte[] spoken = hello.Write();
        line.Send(spoken);
        byte[] answer = line.Receive(AnswerBytes);
        if (BinaryPrimitives.ReadUInt32LittleEndian(answer) != 0)
            throw new ExchangeFailedException(rank, $"refused generation {group.Generation}: it knows a newer one, or has met this trainer already");
        line.Send(Proof(isCaller: true, spoken, answer, _claims));
        var claims = ReceiveProof(line, isCaller: false, spoken, answer);
        return Finish(rank, line, isLocal, claims);
    }

    /// <param name="hello">What has been read already.</param>
    public FrameLink Answer(Hello hello, Conversation line, bool isLocal)
    {
        byte[] spoken = hello.Write(), answer = new byte[AnswerBytes];
        RandomNumberGenerator.Fill(answer.AsSpan(AnswerBytes - Hello.NonceBytes));
        line.Send(answer);
        var claims = ReceiveProof(line, isCaller: true, spoken, answer);
        line.Send(Proof(isCaller: false, spoken, answer, _claims));
        return Finish(hello.From, line, isLocal, claims);
    }

    /// <summary>What a caller gets instead of a nonce.</summary>
    public static byte[] Refusal()
    {
        byte[] answer = new byte[AnswerBytes];
        BinaryPrimitives.WriteUInt32LittleEndian(answer, 1);
        return answer;
    }

    private FrameLink Finish(int rank, Conversation line, bool isLocal, Claims theirs)
    {
        if (Difference(group, theirs) is { } difference) throw new ExchangeFailedException(rank, difference);
        var (outgoing, incoming) = isLocal ? MemoryOffer.Exchange(line, sharesMemory, SlotsOf(group)) : default;
        return new(rank, new SocketWire(line.Socket), group.Generation.Value, outgoing, incoming);
    }

    /// <summary>
    /// Within a process nothing has to be proved but that both were told the same. Null: <paramref name="one"/> and <paramref name="other"/> have different
    /// keys, so they don't belong together. Throws what they say differently, as <paramref name="one"/> sees it.
    /// </summary>
    public static (FrameLink Ones, FrameLink Others)? Join(CollectiveGroup one, CollectiveGroup other)
    {
        if (!CryptographicOperations.FixedTimeEquals(one.Key.Span, other.Key.Span)) return null;
        if (Difference(one, Claims.Of(other)) is { } difference) throw new ExchangeFailedException(other.Rank, difference);
        var (near, far) = MemoryWire.Pair();
        var (ones, others) = (new ProcessSlots(ExchangePlan.PieceBytes, SlotsOf(one)), new ProcessSlots(ExchangePlan.PieceBytes, SlotsOf(other)));
        int generation = one.Generation.Value;
        return (new(other.Rank, near, generation, ones, others), new(one.Rank, far, generation, others, ones));
    }

    /// <summary>Null: none.</summary>
    public static string? Difference(CollectiveGroup here, Claims theirs) =>
        Claims.Of(here).DifferenceTo(theirs) is { } difference ? $"is in another generation {here.Generation}: {difference}" : null;

    /// <summary>All subtrees of two pieces, and some on their way back.</summary>
    private static int SlotsOf(CollectiveGroup group) => (2 * ExchangePlan.SubtreesOf(group)[group.Rank].Length) + 4;

    private byte[] Proof(bool isCaller, byte[] hello, byte[] answer, byte[] claims)
    {
        byte[] proof = new byte[sizeof(int) + claims.Length + HMACSHA256.HashSizeInBytes];
        BinaryPrimitives.WriteInt32LittleEndian(proof, claims.Length);
        claims.CopyTo(proof, sizeof(int));
        Mac(isCaller, hello, answer, claims).CopyTo(proof, sizeof(int) + claims.Length);
        return proof;
    }

    private Claims ReceiveProof(Conversation line, bool isCaller, byte[] hello, byte[] answer)
    {
        int length = BinaryPrimitives.ReadInt32LittleEndian(line.Receive(sizeof(int)));
        if (length is < 0 or > Claims.MaxBytes) throw new StrangerException($"claims of {length} bytes");
        byte[] claims = line.Receive(length), mac = line.Receive(HMACSHA256.HashSizeInBytes);
        if (!CryptographicOperations.FixedTimeEquals(mac, Mac(isCaller, hello, answer, claims))) throw new StrangerException("a proof that is not made with the key for this meeting");
        return Claims.Read(claims) ?? throw new StrangerException("claims that can't be read");
    }

    private byte[] Mac(bool isCaller, byte[] hello, byte[] answer, byte[] claims)
    {
        using var mac = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, group.Key.Span);
        mac.AppendData(Purpose);
        mac.AppendData([isCaller ? (byte)1 : (byte)2]);
        mac.AppendData(hello);
        mac.AppendData(answer);
        mac.AppendData(claims);
        return mac.GetHashAndReset();
    }
}

/// <summary>Somebody who is no trainer of this group, or does not prove it. Nobody's call fails by it.</summary>
internal sealed class StrangerException(string reason) : Exception(reason);
