using System.Net;
using System.Net.Sockets;

namespace ActorTrainer.Transport.Gradients.Meeting;

/// <summary>One way to a peer.</summary>
/// <param name="IsLocal">By a Unix socket: no farther than this host.</param>
internal sealed record PeerAddress(EndPoint Remote, bool IsLocal)
{
    /// <summary>The nearest first.</summary>
    public static IEnumerable<PeerAddress> WaysTo(CollectiveEndpoint endpoint, CollectiveOptions options)
    {
        if (options.UnixSockets && endpoint.LocalName is { } name && endpoint.HostId == CollectiveEndpoint.ThisHost && OperatingSystem.IsLinux())
            yield return new(Local(name), IsLocal: true);
        var addresses = IPAddress.TryParse(endpoint.Host, out var literal) ? [literal] : Dns.GetHostAddresses(endpoint.Host);
        foreach (var address in addresses) yield return new(new IPEndPoint(address, endpoint.Port), IsLocal: false);
    }

    /// <summary>A name in the abstract namespace: a zero byte before it, and no file.</summary>
    public static UnixDomainSocketEndPoint Local(string name) => new('\0' + name);

    public Socket Open() => IsLocal
        ? new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified)
        : new(Remote.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };

    /// <summary>Whether somebody listens there. The socket blocks no more.</summary>
    public bool TryConnect(Socket socket, TimeSpan patience)
    {
        try
        {
            socket.Blocking = false;
            socket.Connect(Remote);
        }
        catch (SocketException e) when (e.SocketErrorCode is SocketError.WouldBlock or SocketError.InProgress)
        {
            if (!socket.Poll(patience, SelectMode.SelectWrite)) return false;
            if ((int)socket.GetSocketOption(SocketOptionLevel.Socket, SocketOptionName.Error)! != 0) return false;
        }
        catch (SocketException)
        {
            return false;
        }

        return true;
    }
}
