using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace ActorTrainer.Benchmarks.Network;

/// <summary>A way to a TCP port of this machine that carries so many bytes a second and no more, in each direction: a network between hosts.</summary>
internal sealed class SlowLink : IDisposable
{
    private const int Chunk = 64 << 10;

    /// <summary>What may stand in queues on the way, as time: shorter waits are saved up.</summary>
    private static readonly TimeSpan Slack = TimeSpan.FromMilliseconds(3);

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _end = new();
    private readonly int _to;
    private readonly double _bytesPerSecond;

    public SlowLink(int to, double bytesPerSecond)
    {
        (_to, _bytesPerSecond) = (to, bytesPerSecond);
        _listener.Start();
        _ = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    public void Dispose()
    {
        _end.Cancel();
        _listener.Dispose();
        _end.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var near = await _listener.AcceptSocketAsync(_end.Token).ConfigureAwait(false);
                var far = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
                near.NoDelay = true;
                await far.ConnectAsync(IPAddress.Loopback, _to, _end.Token).ConfigureAwait(false);
                _ = CarryAsync(near, far);
                _ = CarryAsync(far, near);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
        }
    }

    /// <summary>Until one of the two goes; then both are gone.</summary>
    private async Task CarryAsync(Socket from, Socket to)
    {
        byte[] chunk = new byte[Chunk];
        var clock = Stopwatch.StartNew();
        var through = TimeSpan.Zero;        // when the last byte so far has gone through
        try
        {
            while (await from.ReceiveAsync(chunk, _end.Token).ConfigureAwait(false) is > 0 and var count)
            {
                through = (through > clock.Elapsed ? through : clock.Elapsed) + TimeSpan.FromSeconds(count / _bytesPerSecond);
                if (through - clock.Elapsed is var wait && wait > Slack) await Task.Delay(wait, _end.Token).ConfigureAwait(false);
                for (int sent = 0; sent < count;) sent += await to.SendAsync(chunk.AsMemory(sent, count - sent), _end.Token).ConfigureAwait(false);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
        }

        from.Dispose();
        to.Dispose();
    }
}
