using System.Net;
using System.Net.Sockets;
using ActorTrainer.Transport.Gradients;

namespace ActorTrainer.Transport.Tests.Gradients;

/// <summary>
/// A way to a trainer's door that is bad: what passes is cut into pieces of any size and held up, and from a number of bytes on nothing passes any more, or a
/// bit is turned over.
/// </summary>
internal sealed class BadNetwork : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _gone = new();
    private readonly Task _accepting;
    private long _passed;

    public BadNetwork(CollectiveEndpoint door, int seed)
    {
        _listener.Start();
        Endpoint = door with { Port = ((IPEndPoint)_listener.LocalEndpoint).Port };
        _accepting = AcceptAsync(door.Port, seed);
    }

    /// <summary>The door as it is reached this way.</summary>
    public CollectiveEndpoint Endpoint { get; }

    /// <summary>The longest that a piece is held up.</summary>
    public TimeSpan Delay { get; init; }

    /// <summary>Bytes, both ways together, after which nothing passes; connections stay open.</summary>
    public long Swallows { get; set; } = long.MaxValue;

    /// <summary>The byte of which a bit is turned over.</summary>
    public long Flips { get; set; } = long.MaxValue;

    public long Passed => Interlocked.Read(ref _passed);

    private async Task AcceptAsync(int port, int seed)
    {
        var ways = new List<Task>();
        try
        {
            for (int i = 0; ; i++)
            {
                var from = await _listener.AcceptSocketAsync(_gone.Token);
                var to = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                await to.ConnectAsync(IPAddress.Loopback, port, _gone.Token);
                ways.Add(PassAsync(from, to, new Random(seed + (2 * i))));
                ways.Add(PassAsync(to, from, new Random(seed + (2 * i) + 1)));
            }
        }
        catch (OperationCanceledException)
        {
            await Task.WhenAll(ways);
        }
    }

#pragma warning disable CA5394 // a bad network needs no secrecy
    private async Task PassAsync(Socket from, Socket to, Random random)
    {
        byte[] piece = new byte[64 * 1024];
        try
        {
            while (true)
            {
                int count = await from.ReceiveAsync(piece.AsMemory(0, random.Next(1, piece.Length)), _gone.Token);
                if (count == 0) break;
                if (Delay > TimeSpan.Zero) await Task.Delay(random.NextDouble() * Delay, _gone.Token);
                long passed = Interlocked.Add(ref _passed, count);
                if (passed > Swallows) continue;
                if (passed >= Flips && passed - count < Flips) piece[count / 2] ^= 0x10;
                for (int sent = 0; sent < count;) sent += await to.SendAsync(piece.AsMemory(sent, count - sent), _gone.Token);
            }
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // One end is gone; so is the other.
        }

        from.Dispose();
        to.Dispose();
    }

    public void Dispose()
    {
        _gone.Cancel();
        _accepting.Wait(TimeSpan.FromSeconds(5));
        _listener.Dispose();
        _gone.Dispose();
    }
}
