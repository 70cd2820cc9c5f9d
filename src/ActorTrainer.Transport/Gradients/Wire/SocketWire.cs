using System.Net.Sockets;

namespace ActorTrainer.Transport.Gradients.Wire;

/// <summary>Over TCP or a Unix socket, which it owns.</summary>
internal sealed class SocketWire : Wire
{
    private readonly Socket _socket;

    public SocketWire(Socket socket)
    {
        _socket = socket;
        socket.Blocking = false;
    }

    public override Socket Socket => _socket;

    public override int Send(ReadOnlySpan<byte> first, ReadOnlySpan<byte> second, out string? broken)
    {
        broken = null;
        if (!first.IsEmpty && !second.IsEmpty && !OperatingSystem.IsWindows())
        {
            int both = Posix.Send(_socket.SafeHandle, first, second, out bool failed);
            if (failed) broken = "the connection broke";
            return both;
        }

        int sent = _socket.Send(first.IsEmpty ? second : first, SocketFlags.None, out var error);
        if (error == SocketError.WouldBlock) return 0;
        if (error != SocketError.Success) broken = $"the connection broke ({error})";
        return sent;
    }

    public override int Receive(Span<byte> place, out string? broken)
    {
        broken = null;
        int received = _socket.Receive(place, SocketFlags.None, out var error);
        if (error == SocketError.WouldBlock) return 0;
        if (error != SocketError.Success) broken = $"the connection broke ({error})";
        else if (received == 0) broken = "closed the connection";
        return received;
    }

    public override void Hurt()
    {
        try
        {
            _socket.Shutdown(SocketShutdown.Both);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // It is gone already, which is what was asked for.
        }
    }

    public override void Dispose() => _socket.Dispose();
}
