using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using ActorTrainer.Core.Experiments;
using ActorTrainer.Core.Gradients;
using ActorTrainer.Core.Models;
using ActorTrainer.Core.Training;
using ActorTrainer.Transport.Gradients.Wire;

namespace ActorTrainer.Transport.Gradients;

/// <summary>
/// A trainer's whole state to those who need it: the cursor and two lengths, the weights and the optimizer's slots as safetensors, in pieces. Who needs it
/// says so; it counts when its hash is the expected one.
/// </summary>
internal static class StateTransfer
{
    private const int PrefaceBytes = 6 * sizeof(long);

    public static void Send(TrainingState state, IReadOnlyList<FrameLink> links, long sequence, LinkWaiter waiter)
    {
        byte[] wanted = new byte[1];
        var takers = new List<FrameLink>();
        foreach (var link in links)
        {
            Read(link, FrameKind.StateWanted, sequence, 0, wanted, waiter);
            if (wanted[0] != 0) takers.Add(link);
        }

        if (takers.Count == 0) return;
        using var stream = new StateWriter(takers, sequence, waiter);
        Span<byte> preface = stackalloc byte[PrefaceBytes];
        var (phase, stepInPhase, step, epochsBefore) = state.Cursor;
        long[] numbers = [phase, stepInPhase, step.Value, epochsBefore, Length(state.Weights), Length(state.Optimizer)];
        for (int i = 0; i < numbers.Length; i++) BinaryPrimitives.WriteInt64LittleEndian(preface[(i * sizeof(long))..], numbers[i]);
        stream.Write(preface);
        Safetensors.Write(stream, state.Weights);
        Safetensors.Write(stream, state.Optimizer);
        stream.Flush();
    }

    /// <returns>What was there already, or what has come.</returns>
    public static TrainingState Receive(TrainingState? own, string hash, FrameLink from, long sequence, LinkWaiter waiter)
    {
        from.Touch();
        from.Begin(FrameKind.StateWanted, 0, sequence, 0, new byte[] { own is null ? (byte)1 : (byte)0 });
        while (from.IsSending)
        {
            waiter.Clear();
            waiter.Add(from, reads: false, writes: true);
            waiter.Wait();
            from.Flush();
        }

        if (own is not null) return own;
        using var stream = new StateReader(from, sequence, waiter);
        try
        {
            Span<byte> preface = stackalloc byte[PrefaceBytes];
            stream.ReadExactly(preface);
            long[] numbers = new long[PrefaceBytes / sizeof(long)];
            for (int i = 0; i < numbers.Length; i++) numbers[i] = BinaryPrimitives.ReadInt64LittleEndian(preface[(i * sizeof(long))..]);
            if (numbers[4] < 0 || numbers[5] < 0 || (Int128)numbers[4] + numbers[5] > GC.GetGCMemoryInfo().TotalAvailableMemoryBytes)
                throw from.Failure($"offers a state of {numbers[4]} and {numbers[5]} bytes, more than there is memory");
            var cursor = new TrainingCursor((int)numbers[0], numbers[1], new(numbers[2]), (int)numbers[3]);
            var weights = Safetensors.Read(stream, numbers[4]).Tensors;
            var optimizer = Safetensors.Read(stream, numbers[5]).Tensors;
            var state = new TrainingState(cursor, weights, optimizer);
            string received = StateHash.Of(state);
            return received == hash ? state : throw from.Failure($"sent the state {received} of step {new StepNumber(numbers[2])}, where {hash} was expected");
        }
        catch (SafetensorsException e)
        {
            throw new ExchangeFailedException(from.Rank, $"sent a state that can't be read: {e.Message}", e);
        }
    }

    /// <summary>A word to all, and one of each, by rank.</summary>
    public static void Tell(ReadOnlyMemory<byte> word, byte[][] words, IReadOnlyList<FrameLink> links, long sequence, LinkWaiter waiter)
    {
        foreach (var link in links)
        {
            link.Touch();
            link.Begin(FrameKind.Word, 0, sequence, 0, word);
        }

        foreach (var link in links)
        {
            FrameHeader header;
            while (!link.TryReadHeader(out header)) Wait(link, waiter);
            if (header.Kind != FrameKind.Word || header.Sequence != sequence) throw link.Failure($"sent {header.Kind} {header.Sequence}, where {FrameKind.Word} {sequence} was expected");
            byte[] place = words[link.Rank] = new byte[header.Length];
            while (!link.TryReadPayload(place)) Wait(link, waiter);
        }

        while (links.FirstOrDefault(link => link.IsSending) is { } busy) Wait(busy, waiter);
    }

    private static void Wait(FrameLink link, LinkWaiter waiter)
    {
        link.Flush();
        waiter.Clear();
        waiter.Add(link, reads: true, writes: link.IsSending);
        waiter.Wait();
        link.Flush();
    }

    private static long Length(IEnumerable<NamedTensor> tensors)
    {
        using var counter = new CountingStream();
        Safetensors.Write(counter, tensors);
        return counter.Length;
    }

    private static void Read(FrameLink link, FrameKind kind, long sequence, long offset, Memory<byte> place, LinkWaiter waiter)
    {
        link.Touch();
        while (true)
        {
            if (link.TryReadHeader(out var header))
            {
                if (header.Kind != kind || header.Sequence != sequence || header.Offset != offset || header.Length != place.Length)
                    throw link.Failure($"sent {header.Kind} {header.Sequence} of {header.Length} bytes, where {kind} {sequence} was expected");
                if (link.TryReadPayload(place)) return;
            }

            waiter.Clear();
            waiter.Add(link, reads: true, writes: link.IsSending);
            waiter.Wait();
            link.Flush();
        }
    }

    /// <summary>Pieces of one size, the last one shorter, to all takers side by side.</summary>
    private sealed class StateWriter(IReadOnlyList<FrameLink> takers, long sequence, LinkWaiter waiter) : OneWayStream
    {
        private readonly byte[] _piece = new byte[ExchangePlan.PieceBytes];
        private readonly HashSet<FrameLink> _open = [];
        private int _filled;
        private long _offset;

        public override bool CanWrite => true;

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            while (!buffer.IsEmpty)
            {
                int count = Math.Min(buffer.Length, _piece.Length - _filled);
                buffer[..count].CopyTo(_piece.AsSpan(_filled));
                _filled += count;
                buffer = buffer[count..];
                if (_filled == _piece.Length) Flush();
            }
        }

        public override void Flush()
        {
            if (_filled == 0) return;
            var payload = _piece.AsMemory(0, _filled);
            ulong? hash = takers.Any(link => !link.Wire.IsWithinProcess) ? FrameHeader.Hash(payload.Span) : null;
            foreach (var link in takers)
            {
                link.Touch();
                _open.Add(link);
            }

            while (_open.Count > 0 || takers.Any(link => link.IsSending))
            {
                waiter.Clear();
                bool waits = true;
                foreach (var link in takers)
                {
                    if (link.IsSending) link.Flush();
                    if (_open.Contains(link) && link.SharesMemory && link.TryReadHeader(out var early)) throw link.Failure($"sent {early.Kind} while it is given the state");
                    if (_open.Contains(link) && link.CanBegin)
                    {
                        link.Begin(FrameKind.State, 0, sequence, _offset, payload, hash);
                        _open.Remove(link);
                        waits = false;
                    }

                    if (_open.Contains(link) || link.IsSending) waiter.Add(link, reads: _open.Contains(link) && link.SharesMemory, writes: link.IsSending);
                }

                if (waits && (_open.Count > 0 || takers.Any(link => link.IsSending))) waiter.Wait();
            }

            (_offset, _filled) = (_offset + _filled, 0);
        }
    }

    private sealed class StateReader(FrameLink from, long sequence, LinkWaiter waiter) : OneWayStream
    {
        private readonly byte[] _piece = new byte[ExchangePlan.PieceBytes];
        private int _at, _filled;
        private long _offset;

        public override bool CanRead => true;

        public override int Read(Span<byte> buffer)
        {
            if (_at == _filled) ReceivePiece();
            int count = Math.Min(buffer.Length, _filled - _at);
            _piece.AsSpan(_at, count).CopyTo(buffer);
            _at += count;
            return count;
        }

        private void ReceivePiece()
        {
            from.Touch();
            FrameHeader header;
            while (!from.TryReadHeader(out header)) Wait();
            if (header.Kind != FrameKind.State || header.Sequence != sequence || header.Offset != _offset || header.Length is 0 or > ExchangePlan.PieceBytes)
                throw from.Failure($"sent {header.Kind} {header.Sequence} of {header.Length} bytes from {header.Offset}, where State {sequence} from {_offset} was expected");
            while (!from.TryReadPayload(_piece.AsMemory(0, header.Length))) Wait();
            from.Flush();
            (_at, _filled, _offset) = (0, header.Length, _offset + header.Length);
        }

        private void Wait()
        {
            from.Flush();
            waiter.Clear();
            waiter.Add(from, reads: true, writes: from.IsSending);
            waiter.Wait();
        }
    }

    private sealed class CountingStream : OneWayStream
    {
        private long _length;
        public override bool CanWrite => true;
        public override long Length => _length;
        public override void Write(ReadOnlySpan<byte> buffer) => _length += buffer.Length;
    }

    /// <summary>A stream that goes forward only.</summary>
    [SuppressMessage("Design", "CA1844", Justification = "Used synchronously, by spans.")]
    private abstract class OneWayStream : Stream
    {
        public override bool CanRead => false;
        public override bool CanWrite => false;
        public override bool CanSeek => false;
        public override long Length => throw new NotSupportedException();
        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }
        public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));
        public override int Read(Span<byte> buffer) => throw new NotSupportedException();
        public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));
        public override void Write(ReadOnlySpan<byte> buffer) => throw new NotSupportedException();
        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
        public override void SetLength(long value) => throw new NotSupportedException();
        public override void Flush()
        {
        }
    }
}
