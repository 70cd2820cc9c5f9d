using System.Runtime.InteropServices;
using ActorTrainer.Core.Gradients;
using ActorTrainer.Transport.Gradients.Wire;

namespace ActorTrainer.Transport.Gradients;

/// <summary>
/// Adds up vectors of one length, or the same part of each, with all peers, step after step, on one thread that waits only where nothing can move:
/// <code>
///             to each peer                    from each peer                  here
///   Tail      sums and request                sums and request                added in tree order
///   Part      its segment of own subtrees     my segment of its subtrees      added piece by piece in tree order, when all have come
///   Sum       my segment, summed              its segment, summed             straight to its place in the vector
/// </code>
/// A Sum may overwrite what was sent as a Part: its peer could not have summed a piece that it did not have. Parts that come early wait in the
/// peer's socket or in shared memory, so a slow trainer slows the others down and fills nobody's memory.
/// </summary>
internal sealed class ExchangeRound
{
    private readonly ExchangePlan _plan;
    private readonly Peer[] _peers;
    private readonly LinkWaiter _waiter;
    private readonly Memory<byte>[] _subtrees;      // the piece at hand of every subtree, all ranks
    private readonly StepTail[] _tails;
    private readonly ulong[] _sumHashes;
    private readonly bool _hashes;      // whether a sum leaves the process
    private readonly byte[] _tail;
    private readonly int _first;        // number of this rank's first subtree
    private readonly int _own;
    private int _summed;
    private long _sequence;

    public ExchangeRound(ExchangePlan plan, IReadOnlyList<FrameLink> links, LinkWaiter waiter)
    {
        (_plan, _waiter) = (plan, waiter);
        int[] firsts = [.. plan.Subtrees.Select((_, rank) => plan.Subtrees.Take(rank).Sum(of => of.Length))];
        (_first, _own) = (firsts[plan.Rank], plan.Subtrees[plan.Rank].Length);
        _peers = [.. links.Select(link => new Peer(link, firsts[link.Rank], plan.Subtrees[link.Rank].Length))];
        _subtrees = new Memory<byte>[plan.Subtrees.Sum(of => of.Length)];
        _tails = new StepTail[_subtrees.Length];
        _hashes = links.Any(link => !link.Wire.IsWithinProcess);
        _sumHashes = new ulong[plan.Pieces(plan.Rank)];
        _tail = new byte[TailFrame.Bytes(_own)];
    }

    public bool IsFor(int vectorBytes, int gradientBytes) => (_plan.VectorBytes, _plan.GradientBytes) == (vectorBytes, gradientBytes);

    /// <summary>The sum over all shards, in the first subtree's memory.</summary>
    public GradientSum Run(IReadOnlyList<GradientSum> own, long sequence)
    {
        (_summed, _sequence) = (0, sequence);
        TailFrame.Write(_tail, _plan.PartBytes, own);
        for (int i = 0; i < _own; i++) _tails[_first + i] = own[i].Tail;
        foreach (var peer in _peers) peer.Start();
        while (true)
        {
            long before = Moved();
            foreach (var peer in _peers) SendNext(peer, own);
            foreach (var peer in _peers) ReceiveNext(peer, own[0].Values);
            while (SumNext(own)) foreach (var peer in _peers) SendNext(peer, own);
            if (Moved() != before) continue;
            if (IsDone()) return own[0] with { At = new(0, _plan.Subtrees.Sum(of => of.Sum(subtree => subtree.Size))), Tail = TotalTail() };
            Wait();
        }
    }

    private long Moved()
    {
        long moved = 0;
        foreach (var peer in _peers) moved += peer.Link.Moved;
        return moved;
    }

    private bool IsDone()
    {
        foreach (var peer in _peers)
        {
            if (!IsSent(peer) || !IsReceived(peer)) return false;
        }

        return _summed == _sumHashes.Length;
    }

    private bool IsSent(Peer peer) =>
        peer.TailSent && peer.PartsSent == _plan.Pieces(peer.Link.Rank) * _own && peer.SumsSent == _sumHashes.Length && !peer.Link.IsSending;

    private bool IsReceived(Peer peer) =>
        peer.TailReceived && peer.PartsReceived == _sumHashes.Length * peer.Subtrees && peer.SumsReceived == _plan.Pieces(peer.Link.Rank);

    /// <summary>One frame at most, so that no direction starves the other.</summary>
    private void SendNext(Peer peer, IReadOnlyList<GradientSum> own)
    {
        var link = peer.Link;
        if (link.IsSending) link.Flush();
        if (!link.CanBegin) return;
        if (!peer.TailSent)
        {
            link.Begin(FrameKind.Tail, 0, _sequence, 0, _tail);
            peer.TailSent = true;
        }
        else if (peer.SumsSent < _summed)
        {
            int piece = peer.SumsSent++;
            var (offset, length) = _plan.Piece(_plan.Rank, piece);
            link.Begin(FrameKind.Sum, 0, _sequence, offset, own[0].Values.Slice(offset, length), _sumHashes[piece]);
        }
        else if (peer.PartsSent < _plan.Pieces(link.Rank) * _own)
        {
            var (piece, subtree) = Math.DivRem(peer.PartsSent++, _own);
            var (offset, length) = _plan.Piece(link.Rank, piece);
            link.Begin(FrameKind.Part, subtree, _sequence, offset, own[subtree].Values.Slice(offset, length));
        }
    }

    private void ReceiveNext(Peer peer, Memory<byte> vector)
    {
        var link = peer.Link;
        if (peer.Refuses || (IsReceived(peer) && IsSent(peer)) || !link.TryReadHeader(out var header)) return;
        if (header.Sequence != _sequence) throw link.Failure($"is at exchange {header.Sequence}, where {_sequence} was expected");
        switch (header.Kind)
        {
            case FrameKind.Tail when !peer.TailReceived:
                ReceiveTail(peer, header);
                break;
            case FrameKind.Part when peer.PartsReceived < _sumHashes.Length * peer.Subtrees:
                ReceivePart(peer, header);
                break;
            case FrameKind.Sum when peer.SumsReceived < _plan.Pieces(link.Rank):
                Expect(link, header, 0, _plan.Piece(link.Rank, peer.SumsReceived));
                if (link.TryReadPayload(vector.Slice((int)header.Offset, header.Length))) peer.SumsReceived++;
                break;
            default:
                throw link.Failure($"sent {header.Kind} where none was expected");
        }
    }

    private void ReceiveTail(Peer peer, in FrameHeader header)
    {
        Expect(peer.Link, header, 0, (0, peer.Tail.Length));
        if (!peer.Link.TryReadPayload(peer.Tail)) return;
        int bytes = TailFrame.Read(peer.Tail, _tails.AsSpan(peer.First, peer.Subtrees));
        if (bytes != _plan.PartBytes) throw peer.Link.Failure($"has gradients of {bytes} bytes, here they have {_plan.PartBytes}");
        peer.TailReceived = true;
    }

    private void ReceivePart(Peer peer, in FrameHeader header)
    {
        var (piece, subtree) = Math.DivRem(peer.PartsReceived, peer.Subtrees);
        Expect(peer.Link, header, subtree, _plan.Piece(_plan.Rank, piece));
        if (header.Slot >= 0) peer.Waiting.Enqueue(new(peer.Link.TakeSlot(), header.Slot));
        else if (peer.Link.TryReadPayload(peer.Buffer[..header.Length])) peer.Waiting.Enqueue(new(peer.TakeBuffer()[..header.Length], -1));
        else return;
        peer.PartsReceived++;
    }

    private static void Expect(FrameLink link, in FrameHeader header, int item, (int Offset, int Length) piece)
    {
        if (header.Item != item || header.Offset != piece.Offset || header.Length != piece.Length)
            throw link.Failure($"sent {header.Kind} {header.Item} of {header.Length} bytes from {header.Offset}, where {item} of {piece.Length} from {piece.Offset} was expected");
    }

    /// <summary>Sums one piece of the own segment, if every peer's subtrees have come. It ends in the first subtree's memory.</summary>
    private bool SumNext(IReadOnlyList<GradientSum> own)
    {
        if (_summed == _sumHashes.Length) return false;
        foreach (var peer in _peers)
        {
            if (peer.Waiting.Count < peer.Subtrees) return false;
        }

        var (offset, length) = _plan.Piece(_plan.Rank, _summed);
        for (int i = 0; i < _own; i++) _subtrees[_first + i] = own[i].Values.Slice(offset, length);
        foreach (var peer in _peers) peer.Lend(_subtrees);
        foreach (var (into, other) in _plan.Additions) _plan.Add(_subtrees[into].Span, _subtrees[other].Span, offset);
        foreach (var peer in _peers) peer.TakeBack();
        _sumHashes[_summed++] = _hashes ? FrameHeader.Hash(_subtrees[_first].Span) : 0;
        return true;
    }

    private StepTail TotalTail()
    {
        var tree = new SubtreeSum<StepTail>((left, right) => left + right);
        int next = 0;
        foreach (var of in _plan.Subtrees)
        {
            foreach (var subtree in of) tree.Add(subtree, _tails[next++]);
        }

        return tree.Parts[0].Sum;
    }

    private void Wait()
    {
        _waiter.Clear();
        foreach (var peer in _peers)
        {
            bool sent = IsSent(peer);
            bool reads = !peer.Refuses && (!IsReceived(peer) || !sent);
            if (reads || !sent) _waiter.Add(peer.Link, reads, writes: peer.Link.IsSending);
        }

        _waiter.Wait();
    }

    /// <summary>Where one peer stands in this step, and the pieces of it that wait for the other peers'.</summary>
    private sealed class Peer(FrameLink link, int first, int subtrees)
    {
        /// <summary>How many pieces ahead of the others a peer's parts may wait in memory of this process.</summary>
        private const int PiecesAhead = 2;
        private readonly Stack<byte[]> _buffers = new(link.SharesMemory ? [] : Enumerable.Range(0, PiecesAhead * subtrees).Select(_ => GC.AllocateUninitializedArray<byte>(ExchangePlan.PieceBytes, pinned: true)));
        private byte[]? _filling;
        private readonly Waiting[] _lent = new Waiting[subtrees];

        public FrameLink Link { get; } = link;
        public int First { get; } = first;
        public int Subtrees { get; } = subtrees;
        public byte[] Tail { get; } = new byte[TailFrame.Bytes(subtrees)];
        public Queue<Waiting> Waiting { get; } = new();
        public bool TailSent { get; set; }
        public bool TailReceived { get; set; }
        public int PartsSent { get; set; }
        public int PartsReceived { get; set; }
        public int SumsSent { get; set; }
        public int SumsReceived { get; set; }

        /// <summary>A part that has come waits in the socket while no buffer is free. In shared memory it is where it can stay.</summary>
        public bool Refuses => !Link.SharesMemory && _filling is null && _buffers.Count == 0;

        /// <summary>Where the part that is coming goes; the same until it is taken.</summary>
        public Memory<byte> Buffer => _filling ??= _buffers.Pop();

        public Memory<byte> TakeBuffer()
        {
            var full = Buffer;
            _filling = null;
            return full;
        }

        public void Start()
        {
            (TailSent, TailReceived, PartsSent, PartsReceived, SumsSent, SumsReceived) = (false, false, 0, 0, 0, 0);
            Link.Touch();
        }

        public void Lend(Memory<byte>[] all)
        {
            for (int i = 0; i < Subtrees; i++) all[First + i] = (_lent[i] = Waiting.Dequeue()).Bytes;
        }

        public void TakeBack()
        {
            foreach (var (bytes, slot) in _lent)
            {
                if (slot >= 0) Link.Release(slot);
                else if (MemoryMarshal.TryGetArray<byte>(bytes, out var buffer)) _buffers.Push(buffer.Array!);
            }
        }
    }

    /// <param name="Slot">In the peer's shared memory; -1: a buffer of this process.</param>
    private readonly record struct Waiting(Memory<byte> Bytes, int Slot);
}
