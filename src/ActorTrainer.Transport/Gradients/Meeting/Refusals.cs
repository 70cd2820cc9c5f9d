using System.Net;
using System.Net.Sockets;

namespace ActorTrainer.Transport.Gradients.Meeting;

/// <summary>Strangers on the port: all counted, each kind from each address reported once, so that a scanner fills no log.</summary>
internal sealed class Refusals(Action<string> report)
{
    private const int MaxReported = 100;
    private readonly HashSet<string> _reported = [];
    private readonly Lock _lock = new();
    private long _count;

    public long Count => Interlocked.Read(ref _count);

    public void Add(Socket socket, string reason) => Add(AddressOf(socket), reason);

    public void Add(string address, string reason)
    {
        Interlocked.Increment(ref _count);
        string text = $"Refused a connection from {address}: {reason}.";
        lock (_lock)
        {
            if (_reported.Count == MaxReported || !_reported.Add(text)) return;
        }

        report(text);
    }

    public static string AddressOf(Socket socket)
    {
        try
        {
            return socket.RemoteEndPoint is IPEndPoint { Address: var address } ? address.ToString() : "this host";
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            return "a caller that is gone";
        }
    }
}
