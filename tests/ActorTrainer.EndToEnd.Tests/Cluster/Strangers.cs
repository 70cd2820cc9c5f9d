using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;

namespace ActorTrainer.EndToEnd.Tests.Cluster;

/// <summary>What knocks on every port of a machine sooner or later.</summary>
internal static class Strangers
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>The TCP ports that a process listens on; Linux only.</summary>
    public static IReadOnlyList<int> PortsOf(int process)
    {
        var sockets = new DirectoryInfo($"/proc/{process}/fd").EnumerateFileSystemInfos().Select(file => file.LinkTarget).OfType<string>().ToHashSet(StringComparer.Ordinal);
        return [.. new[] { "tcp", "tcp6" }.SelectMany(table => File.ReadLines($"/proc/{process}/net/{table}").Skip(1))
            .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Where(row => row[3] == "0A" && sockets.Contains($"socket:[{row[9]}]"))
            .Select(row => Convert.ToInt32(row[1].Split(':')[^1], 16)).Distinct().Order()];
    }

    /// <summary>Random bytes, a request in HTTP, the beginning of TLS, a length beyond all measure, and nothing at all.</summary>
    public static async Task KnockAsync(int port)
    {
        byte[][] all =
        [
            RandomNumberGenerator.GetBytes(4096), Encoding.ASCII.GetBytes("GET / HTTP/1.1\r\nHost: example\r\n\r\n"), [0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3], [0x7f, 0xff, 0xff, 0xff, 1, 2, 3], [],
        ];
        foreach (byte[] bytes in all)
        {
            using var client = new TcpClient();
            await client.ConnectAsync(IPAddress.Loopback, port);
            await using var stream = client.GetStream();
            using var patience = new CancellationTokenSource(Patience);
            try
            {
                await stream.WriteAsync(bytes, patience.Token);
                client.Client.Shutdown(SocketShutdown.Send);
                await stream.CopyToAsync(Stream.Null, patience.Token);
            }
            catch (Exception e) when (e is IOException or SocketException or OperationCanceledException)
            {
                // Thrown out, or listened to for too long: that training does not mind is what counts.
            }
        }
    }
}
