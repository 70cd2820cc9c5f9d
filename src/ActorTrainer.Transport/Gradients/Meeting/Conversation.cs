using System.Net.Sockets;

namespace ActorTrainer.Transport.Gradients.Meeting;

/// <summary>A few short messages over a socket that blocks, all of them before one deadline.</summary>
internal sealed class Conversation(Socket socket, TimeSpan patience)
{
    private readonly long _end = Environment.TickCount64 + (long)patience.TotalMilliseconds;

    public Socket Socket { get; } = socket;

    public void Send(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            Socket.SendTimeout = Left();
            bytes = bytes[Socket.Send(bytes)..];
        }
    }

    public byte[] Receive(int count)
    {
        byte[] bytes = new byte[count];
        for (int filled = 0; filled < count;)
        {
            Socket.ReceiveTimeout = Left();
            int received = Socket.Receive(bytes.AsSpan(filled));
            if (received == 0) throw new SocketException((int)SocketError.ConnectionReset);
            filled += received;
        }

        return bytes;
    }

    private int Left() => Math.Max(_end - Environment.TickCount64, 0) is var left and > 0 ? (int)Math.Min(left, int.MaxValue) : throw new SocketException((int)SocketError.TimedOut);
}
