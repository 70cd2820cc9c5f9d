using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using ActorTrainer.Transport.Gradients.Meeting;

namespace ActorTrainer.Transport.Gradients;

/// <summary>
/// A process's door for its peers: a free TCP port and, on Linux, a Unix socket. One thread reads hellos and hands the connections on; a stranger is
/// turned away by its first bytes or after five seconds, and nobody waits for him.
/// </summary>
public sealed class CollectiveListener : IDisposable
{
    private const int Backlog = 512;
    private const int MaxUnknown = 256;
    private static readonly TimeSpan HelloPatience = TimeSpan.FromSeconds(5);
    private readonly CollectiveOptions _options;
    private readonly Refusals _refusals;
    private readonly Socket _network;
    private readonly Socket? _local;
    private readonly Thread _thread;
    private readonly List<Visitor> _visitors = [];
    private readonly List<Socket> _ready = [];
    private volatile bool _disposed;

    /// <param name="host">The address to listen on; announced as it is.</param>
    /// <param name="report">Told, once for each address and reason, who was refused and why. From any thread.</param>
    /// <param name="announcedHost">What the peers are told instead, where it differs: a name, or an address outside of a container.</param>
    public CollectiveListener(string host, CollectiveOptions options, Action<string> report, string? announcedHost = null, int port = 0)
    {
        (_options, _refusals) = (options, new(report));
        var address = IPAddress.TryParse(host, out var literal) ? literal : Dns.GetHostAddresses(host)[0];
        _network = new(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        _network.Bind(new IPEndPoint(address, port));
        _network.Listen(Backlog);
        string? name = null;
        if (options.UnixSockets && OperatingSystem.IsLinux())
        {
            name = $"actortrainer-{Environment.ProcessId}-{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8))}";
            _local = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            _local.Bind(PeerAddress.Local(name));
            _local.Listen(Backlog);
        }

        Place = new(new(announcedHost ?? host, ((IPEndPoint)_network.LocalEndPoint!).Port, name, CollectiveEndpoint.ThisHost), options, _refusals);
        _thread = new(Run) { IsBackground = true, Name = "collective-listener" };
        _thread.Start();
    }

    /// <summary>Where this process's trainers meet those who come through this door.</summary>
    public MeetingPlace Place { get; }

    /// <summary>What peers need to know of this process.</summary>
    public CollectiveEndpoint Endpoint => Place.Endpoint;

    /// <summary>How many connections were refused.</summary>
    public long Refused => _refusals.Count;

    /// <summary>Stops listening. Connections that belong to an exchange already live on with it.</summary>
    public void Dispose()
    {
        _disposed = true;
        _network.Dispose();
        _local?.Dispose();
        if (_thread != Thread.CurrentThread) _thread.Join();
        Place.Rendezvous.Dispose();
    }

    private void Run()
    {
        while (!_disposed)
        {
            try
            {
                WaitForSomebody();
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException && _disposed)
            {
                break;
            }

            if (_ready.Remove(_network)) Welcome(_network, isLocal: false);
            if (_local is not null && _ready.Remove(_local)) Welcome(_local, isLocal: true);
            foreach (var visitor in _visitors.Where(visitor => _ready.Contains(visitor.Socket)).ToList()) Listen(visitor);
        }

        foreach (var visitor in _visitors) visitor.Socket.Dispose();
    }

    private void WaitForSomebody()
    {
        long now = Environment.TickCount64;
        foreach (var late in _visitors.Where(visitor => visitor.End <= now).ToList()) Refuse(late, "nothing to say within five seconds");
        long? next = Place.Rendezvous.Expire(now);
        foreach (var visitor in _visitors) next = Math.Min(next ?? long.MaxValue, visitor.End);
        _ready.Clear();
        _ready.Add(_network);
        if (_local is not null) _ready.Add(_local);
        foreach (var visitor in _visitors) _ready.Add(visitor.Socket);
        Socket.Select(_ready, null, null, next is { } end ? TimeSpan.FromMilliseconds(Math.Max(end - now, 1)) : Timeout.InfiniteTimeSpan);
    }

    [SuppressMessage("Reliability", "CA2000", Justification = "The visitor owns the socket, then whom it is handed to.")]
    private void Welcome(Socket door, bool isLocal)
    {
        Socket? socket = null;
        try
        {
            socket = door.Accept();
            if (!isLocal) socket.NoDelay = true;
            if (!isLocal && _options.Tls is { } tls) socket = tls.AsServer(socket, _refusals);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException or IOException)
        {
            socket?.Dispose();      // gone before it was greeted, the door was closed, or the process has no descriptors left
            return;
        }

        var visitor = new Visitor(socket, isLocal, Environment.TickCount64 + (long)HelloPatience.TotalMilliseconds);
        _visitors.Add(visitor);
        if (_visitors.Count > MaxUnknown) Refuse(_visitors[0], $"{MaxUnknown} others have said nothing either");
    }

    /// <summary>Reads no byte beyond the hello: what follows is for the group.</summary>
    private void Listen(Visitor visitor)
    {
        visitor.Socket.Blocking = false;
        int received = visitor.Socket.Receive(visitor.Hello.AsSpan(visitor.Filled), SocketFlags.None, out var error);
        if (error == SocketError.WouldBlock) return;
        visitor.Filled += received;
        var said = visitor.Hello.AsSpan(0, visitor.Filled);
        if (received == 0 || error != SocketError.Success) Leave(visitor);
        else if (!Meeting.Hello.CanBegin(said)) Refuse(visitor, "no trainer's first bytes");
        else if (visitor.Filled == visitor.Hello.Length)
        {
            if (!Meeting.Hello.TryRead(said, out var hello)) Refuse(visitor, "a hello that can't be read");
            else
            {
                _visitors.Remove(visitor);
                Place.Rendezvous.Admit(visitor.Socket, hello, visitor.IsLocal);
            }
        }
    }

    private void Refuse(Visitor visitor, string reason)
    {
        _refusals.Add(visitor.Socket, reason);
        Leave(visitor);
    }

    private void Leave(Visitor visitor)
    {
        _visitors.Remove(visitor);
        visitor.Socket.Dispose();
    }

    /// <summary>Somebody who has not said yet whom he looks for.</summary>
    private sealed class Visitor(Socket socket, bool isLocal, long end)
    {
        public Socket Socket { get; } = socket;
        public bool IsLocal { get; } = isLocal;
        public long End { get; } = end;
        public byte[] Hello { get; } = new byte[Meeting.Hello.Size];
        public int Filled { get; set; }
    }
}
