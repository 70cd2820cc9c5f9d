using System.Net.Sockets;

namespace ActorTrainer.Transport.Gradients.Wire;

/// <summary>Between two trainers of one process: headers and short payloads stand in a ring until the other takes them; vectors go by <see cref="ISlots"/>.</summary>
internal sealed class MemoryWire : Wire
{
    private readonly Ring _out;
    private readonly Ring _in;

    private MemoryWire(Ring outgoing, Ring incoming) => (_out, _in) = (outgoing, incoming);

    public static (MemoryWire One, MemoryWire Other) Pair()
    {
        var (there, back) = (new Ring(), new Ring());
        return (new(there, back), new(back, there));
    }

    public override Socket? Socket => null;

    public override void Attach(Bell bell)
    {
        _out.Writer = bell;
        _in.Reader = bell;
    }

    public override int Send(ReadOnlySpan<byte> first, ReadOnlySpan<byte> second, out string? broken) => _out.Write(first, second, out broken);

    public override int Receive(Span<byte> place, out string? broken) => _in.Read(place, out broken);

    public override void Hurt()
    {
        _out.Close();
        _in.Close();
    }

    public override void Dispose() => Hurt();

    /// <summary>One direction.</summary>
    private sealed class Ring
    {
        private readonly byte[] _bytes = new byte[16 << 10];
        private readonly Lock _lock = new();
        private volatile Bell? _reader, _writer;
        private int _first, _count;
        private bool _closed;

        public Bell? Reader { set => _reader = value; }
        public Bell? Writer { set => _writer = value; }

        public int Write(ReadOnlySpan<byte> first, ReadOnlySpan<byte> second, out string? broken)
        {
            int written;
            lock (_lock)
            {
                broken = _closed ? "the connection broke" : null;
                if (_closed) return 0;
                written = Put(first);
                if (written == first.Length) written += Put(second);
            }

            if (written > 0) _reader?.Ring();
            return written;
        }

        public int Read(Span<byte> place, out string? broken)
        {
            int count;
            bool wasFull;
            lock (_lock)
            {
                (count, wasFull) = (Math.Min(place.Length, _count), _count == _bytes.Length);
                broken = count == 0 && _closed ? "closed the connection" : null;
                int straight = Math.Min(count, _bytes.Length - _first);
                _bytes.AsSpan(_first, straight).CopyTo(place);
                _bytes.AsSpan(0, count - straight).CopyTo(place[straight..]);
                _first = (_first + count) % _bytes.Length;
                _count -= count;
            }

            if (wasFull && count > 0) _writer?.Ring();
            return count;
        }

        public void Close()
        {
            lock (_lock) _closed = true;
            _reader?.Ring();
            _writer?.Ring();
        }

        private int Put(ReadOnlySpan<byte> bytes)
        {
            int count = Math.Min(bytes.Length, _bytes.Length - _count), at = (_first + _count) % _bytes.Length;
            int straight = Math.Min(count, _bytes.Length - at);
            bytes[..straight].CopyTo(_bytes.AsSpan(at));
            bytes[straight..count].CopyTo(_bytes);
            _count += count;
            return count;
        }
    }
}
