using System.Diagnostics;
using ActorTrainer.Core.Gradients;

namespace ActorTrainer.Transport.Gradients.Wire;

/// <summary>
/// One peer's connection after the handshake: frames out, frames in, and no call ever waits. Used by one thread, but for <see cref="Hurt"/>.
/// Where both have <see cref="ISlots"/>, pieces of vectors and states stand there and only their headers travel; the receiver's releases are the credit.
/// Everything that can't be right throws <see cref="ExchangeFailedException"/> naming the peer.
/// </summary>
internal sealed class FrameLink : IDisposable
{
    private const int MaxQueuedHeaders = 64;
    private readonly int _generation;
    private readonly ISlots? _outgoing;
    private readonly ISlots? _incoming;
    private readonly Stack<int> _freeSlots = new();
    private readonly Queue<int> _releases = new();
    private readonly byte[] _out = new byte[MaxQueuedHeaders * FrameHeader.Size];
    private readonly byte[] _in;
    private int _outSent, _outFilled, _inAt, _inFilled, _payloadSent, _payloadReceived;
    private ReadOnlyMemory<byte> _payload;
    private bool _carriesFrame;
    private FrameHeader? _header;

    /// <param name="outgoing">This side's shared memory and the peer's: both or neither.</param>
    public FrameLink(int rank, Wire wire, int generation, ISlots? outgoing = null, ISlots? incoming = null)
    {
        (Rank, Wire, _generation, _outgoing, _incoming) = (rank, wire, generation, outgoing, incoming);
        _in = new byte[incoming is null ? FrameHeader.Size : MaxQueuedHeaders * FrameHeader.Size];     // payloads behind a header go straight to their place
        for (int slot = (outgoing?.Slots ?? 0) - 1; slot >= 0; slot--) _freeSlots.Push(slot);
        Touch();
    }

    public int Rank { get; }
    public Wire Wire { get; }
    public bool SharesMemory => _outgoing is not null;

    /// <summary>Grows with everything that comes in or goes out, what was read ahead too: unchanged after a round of calls, there is nothing to do but wait.</summary>
    public long Moved { get; private set; }

    /// <summary>When a frame was last complete, by <see cref="Stopwatch.GetTimestamp"/>, fine enough to tell who was last. Single bytes are no progress.</summary>
    public long Progress { get; private set; }

    /// <summary>Bytes stand ready that the wire has not taken.</summary>
    public bool IsSending => _outFilled > 0 || _releases.Count > 0;

    public void Touch() => Progress = Stopwatch.GetTimestamp();

    /// <summary>Whether a frame can begin now. Where not, the peer must release a slot or take bytes first.</summary>
    public bool CanBegin => _payload.IsEmpty && _outFilled + FrameHeader.Size <= _out.Length && (_outgoing is null || _freeSlots.Count > 0);

    /// <summary>Takes a frame and sends what the wire takes. The payload must not change until <see cref="IsSending"/> is false.</summary>
    /// <param name="hash">Of the payload, where it is known already.</param>
    public void Begin(FrameKind kind, int item, long sequence, long offset, ReadOnlyMemory<byte> payload, ulong? hash = null)
    {
        int slot = -1;
        if (_outgoing is not null && kind is (FrameKind.Part or FrameKind.Sum or FrameKind.State))
        {
            slot = _freeSlots.Pop();
            payload.Span.CopyTo(_outgoing[slot].Span);
        }

        Append(new(kind, item, _generation, sequence, offset, payload.Length, hash ?? HashOf(payload.Span), slot));
        _carriesFrame = true;
        if (slot < 0) (_payload, _payloadSent) = (payload, 0);
        Flush();
    }

    /// <summary>Sends what the wire takes.</summary>
    public void Flush()
    {
        while (true)
        {
            while (_payload.IsEmpty && _outFilled < _out.Length && _releases.TryDequeue(out int slot)) Append(new(FrameKind.Release, slot, _generation, 0, 0, 0, 0, -1));
            if (_outFilled == 0 || !SendHeaders() || !SendPayload()) return;
            Clear();
            Touch();
        }
    }

    /// <summary>The next frame's header, if it is there; the same one until its payload was taken.</summary>
    public bool TryReadHeader(out FrameHeader header)
    {
        while (_header is null)
        {
            if (!FillHeader())
            {
                header = default;
                return false;
            }

            var next = ParseHeader();
            if (next.Kind == FrameKind.Release)
            {
                TakeBack(next.Item);
                continue;
            }

            _header = next;
        }

        header = _header.Value;
        return true;
    }

    /// <summary>The payload of the current header into a place of its length, as far as it is there. True when it is complete and its hash is right.</summary>
    public bool TryReadPayload(Memory<byte> place)
    {
        var header = _header!.Value;
        if (header.Slot >= 0)
        {
            _incoming![header.Slot][..header.Length].CopyTo(place);
            Complete(header, place.Span);
            Release(header.Slot);
            return true;
        }

        int ahead = Math.Min(_inFilled - _inAt, header.Length - _payloadReceived);
        if (ahead > 0)
        {
            _in.AsSpan(_inAt, ahead).CopyTo(place.Span[_payloadReceived..]);
            _inAt += ahead;
            _payloadReceived += ahead;
        }

        while (_payloadReceived < header.Length)
        {
            int received = Receive(place.Span[_payloadReceived..]);
            if (received == 0) return false;
            _payloadReceived += received;
        }

        Complete(header, place.Span);
        return true;
    }

    /// <summary>The payload of the current header where it stands in shared memory; the holder may write there too, and releases the slot.</summary>
    public Memory<byte> TakeSlot()
    {
        var header = _header!.Value;
        var place = _incoming![header.Slot][..header.Length];
        Complete(header, place.Span);
        return place;
    }

    /// <summary>Gives a slot back to the peer, with the next <see cref="Flush"/>.</summary>
    public void Release(int slot) => _releases.Enqueue(slot);

    public ExchangeFailedException Failure(string reason) => new(Rank, reason);

    /// <summary>Ends the connection in both directions; whoever waits on it, here or there, wakes up. From any thread.</summary>
    public void Hurt() => Wire.Hurt();

    public void Dispose()
    {
        Wire.Dispose();
        _outgoing?.Dispose();
        _incoming?.Dispose();
    }

    /// <summary>What does not leave the process needs none.</summary>
    private ulong HashOf(ReadOnlySpan<byte> payload) => Wire.IsWithinProcess ? 0 : FrameHeader.Hash(payload);

    private void Append(in FrameHeader header)
    {
        header.Write(_out.AsSpan(_outFilled));
        _outFilled += FrameHeader.Size;
    }

    private void Complete(in FrameHeader header, ReadOnlySpan<byte> payload)
    {
        if (HashOf(payload) != header.PayloadHash && !Wire.IsWithinProcess) throw Failure($"sent damaged bytes ({header.Kind}, {header.Length} bytes from {header.Offset})");
        (_header, _payloadReceived) = (null, 0);
        Moved++;
        Touch();
    }

    private bool FillHeader()
    {
        while (_inFilled - _inAt < FrameHeader.Size)
        {
            if (_inAt > 0)
            {
                _in.AsSpan(_inAt, _inFilled - _inAt).CopyTo(_in);
                (_inAt, _inFilled) = (0, _inFilled - _inAt);
            }

            int received = Receive(_in.AsSpan(_inFilled));
            if (received == 0) return false;
            _inFilled += received;
        }

        return true;
    }

    private FrameHeader ParseHeader()
    {
        if (!FrameHeader.TryRead(_in.AsSpan(_inAt, FrameHeader.Size), out var header)) throw Failure("sent bytes that are no frame");
        _inAt += FrameHeader.Size;
        if (header.Generation != _generation) throw Failure($"sent a frame of generation {header.Generation}, this is {_generation}");
        int most = header.Slot >= 0 ? _incoming?.SlotBytes ?? -1 : FrameHeader.MaxPayload;
        if (header.Length < 0 || header.Length > most || header.Slot >= (_incoming?.Slots ?? 0)) throw Failure($"sent a frame of {header.Length} bytes in slot {header.Slot}, which can't be");
        return header;
    }

    private void TakeBack(int slot)
    {
        if (slot >= (_outgoing?.Slots ?? 0) || _freeSlots.Contains(slot)) throw Failure($"gave back slot {slot}, which it did not have");
        _freeSlots.Push(slot);
        Moved++;
        Touch();
    }

    private void Clear() => (_outSent, _outFilled, _payload, _payloadSent, _carriesFrame) = (0, 0, default, 0, false);

    /// <summary>
    /// Zero is what a failed send of nothing but slots comes to: who has gone needs none back, and may have gone because all is done. Whatever is
    /// missing from him, reading finds out.
    /// </summary>
    private int Broken(string reason)
    {
        if (_carriesFrame) throw Failure(reason);
        Clear();
        _releases.Clear();
        return 0;
    }

    private bool SendHeaders()
    {
        while (_outSent < _outFilled)
        {
            var headers = _out.AsSpan(_outSent, _outFilled - _outSent);
            int sent = Send(headers, _payload.Span);
            if (sent == 0) return false;
            _outSent += sent;
            if (_outSent <= _outFilled) continue;
            (_outSent, _payloadSent) = (_outFilled, _outSent - _outFilled);
        }

        return true;
    }

    private bool SendPayload()
    {
        while (_payloadSent < _payload.Length)
        {
            int sent = Send([], _payload.Span[_payloadSent..]);
            if (sent == 0) return false;
            _payloadSent += sent;
        }

        return true;
    }

    /// <summary>Zero: the wire takes nothing now.</summary>
    private int Send(ReadOnlySpan<byte> headers, ReadOnlySpan<byte> payload)
    {
        int sent = Wire.Send(headers, payload, out string? broken);
        if (broken is not null) return Broken(broken);
        Moved += sent;
        return sent;
    }

    /// <summary>Zero: nothing has come.</summary>
    private int Receive(Span<byte> place)
    {
        int received = Wire.Receive(place, out string? broken);
        if (broken is not null) throw Failure(broken);
        Moved += received;
        return received;
    }
}
