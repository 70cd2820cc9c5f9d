using System.Net.Sockets;

namespace ActorTrainer.Transport.Gradients.Wire;

/// <summary>
/// Wakes the one thread that waits for several <see cref="MemoryWire"/>s, and for sockets beside them. It stays rung until somebody waits, so nothing that
/// happens between a look and the wait is missed.
/// </summary>
internal sealed class Bell : IDisposable
{
    private readonly object _gate = new();
    private (Socket Near, Socket Far)? _sockets;
    private bool _rung, _waitsForSockets, _disposed;

    public void Ring()
    {
        lock (_gate)
        {
            if (_rung) return;
            _rung = true;
            Monitor.Pulse(_gate);
            if (_waitsForSockets && !_disposed) _sockets!.Value.Far.Send([1]);
        }
    }

    public void Wait(TimeSpan patience)
    {
        lock (_gate)
        {
            if (!_rung) Monitor.Wait(_gate, patience);
            _rung = false;
        }
    }

    /// <summary>Until it rings or one of the sockets can move. The lists are used up.</summary>
    public void Wait(List<Socket> reads, List<Socket> writes, TimeSpan patience)
    {
        Socket near;
        lock (_gate)
        {
            if (_rung)
            {
                _rung = false;
                return;
            }

            near = (_sockets ??= Posix.SocketPair()).Near;
            _waitsForSockets = true;
        }

        reads.Add(near);
        try
        {
            Socket.Select(reads, writes, null, patience);
        }
        finally
        {
            lock (_gate)
            {
                if (_rung && !_disposed) near.Receive(new byte[1]);
                (_rung, _waitsForSockets) = (false, false);
            }
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _disposed = true;
            _sockets?.Near.Dispose();
            _sockets?.Far.Dispose();
        }
    }
}
