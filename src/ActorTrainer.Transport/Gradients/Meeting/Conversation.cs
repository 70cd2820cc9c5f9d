using System.Net.Sockets;

namespace ActorTrainer.Transport.Gradients.Meeting;

/// <summary>
/// A few short messages over a socket, all of them before one deadline. Polled: a socket that .NET has once waited for in a blocking call stays
/// registered with its event loop, and every byte of every later step would wake a thread of that.
/// </summary>
internal sealed class Conversation
{
    private readonly long _end;

    public Conversation(Socket socket, TimeSpan patience)
    {
        (Socket, _end) = (socket, Environment.TickCount64 + (long)patience.TotalMilliseconds);
        socket.Blocking = false;
    }

    public Socket Socket { get; }

    public void Send(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            int sent = Socket.Send(bytes, SocketFlags.None, out var error);
            if (Succeeds(error, SelectMode.SelectWrite)) bytes = bytes[sent..];
        }
    }

    public byte[] Receive(int count)
    {
        byte[] bytes = new byte[count];
        for (int filled = 0; filled < count;)
        {
            int received = Socket.Receive(bytes.AsSpan(filled), SocketFlags.None, out var error);
            if (!Succeeds(error, SelectMode.SelectRead)) continue;
            if (received == 0) throw new SocketException((int)SocketError.ConnectionReset);
            filled += received;
        }

        return bytes;
    }

    /// <summary>Waits where the call would have blocked.</summary>
    private bool Succeeds(SocketError error, SelectMode mode)
    {
        if (error == SocketError.Success) return true;
        if (error != SocketError.WouldBlock) throw new SocketException((int)error);
        if (!Socket.Poll(TimeSpan.FromMilliseconds(Math.Max(_end - Environment.TickCount64, 0)), mode)) throw new SocketException((int)SocketError.TimedOut);
        return false;
    }
}
