using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.RegularExpressions;

namespace ActorTrainer.Benchmarks.Processes;

/// <summary>A node as a process of its own on free ports of loopback, with all roles unless it joins another; looked at from outside. Linux: what it holds stands in /proc.</summary>
internal sealed partial class NodeProcess : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3), Glance = TimeSpan.FromMilliseconds(50);
    private readonly Process _process;
    private readonly int _port;
    private readonly StringBuilder _said = new();

    private NodeProcess(Process process, int port)
    {
        (_process, _port) = (process, port);
        process.ErrorDataReceived += (_, line) => Keep(line.Data);
        process.OutputDataReceived += (_, line) => Keep(line.Data);
        process.BeginErrorReadLine();
        process.BeginOutputReadLine();
    }

    public int Id => _process.Id;

    public Uri Url { get; private set; } = null!;

    public bool HasEnded => _process.HasExited;

    /// <summary>Everything it has said, on both streams.</summary>
    public string Said
    {
        get
        {
            lock (_said) return _said.ToString();
        }
    }

    /// <summary>Returns when it listens. Throws <see cref="InvalidOperationException"/> with what it said where it does not.</summary>
    /// <param name="runs">Its runs folder.</param>
    public static async Task<NodeProcess> StartAsync(string runs)
    {
        int port = FreePort();
        var node = new NodeProcess(Programs.Start(Programs.Product, ["node", "--runs", runs, "--port", port.ToString(CultureInfo.InvariantCulture), "--http", "0"]), port);
        await node.UntilSaidAsync(Listening()).ConfigureAwait(false);
        node.Url = new(Listening().Match(node.Said).Groups[1].Value);
        return node;
    }

    /// <summary>A node more, which only trains. Returns when it is in the cluster.</summary>
    public async Task<NodeProcess> JoinAsync(string runs)
    {
        int port = FreePort();
        var node = new NodeProcess(Programs.Start(Programs.Product,
            ["node", "--runs", runs, "--roles", "trainer", "--port", port.ToString(CultureInfo.InvariantCulture), "--seed", string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{_port}")]), port);
        await node.UntilSaidAsync(Joined()).ConfigureAwait(false);
        return node;
    }

    private async Task UntilSaidAsync(Regex words)
    {
        long began = Stopwatch.GetTimestamp();
        while (!words.IsMatch(Said))
        {
            if (HasEnded || Stopwatch.GetElapsedTime(began) > Patience) throw new InvalidOperationException($"A node did not come up. It said:\n{Said}");
            await Task.Delay(Glance).ConfigureAwait(false);
        }
    }

    public long ResidentBytes() => 1024 * long.Parse(File.ReadLines($"/proc/{_process.Id}/status").First(line => line.StartsWith("VmRSS:", StringComparison.Ordinal)).Split(':')[1].Trim().Split(' ')[0], CultureInfo.InvariantCulture);

    /// <summary>Open files and sockets.</summary>
    public int Handles() => Directory.EnumerateFileSystemEntries($"/proc/{_process.Id}/fd").Count();

    /// <summary>SIGTERM, as a service manager ends it. Returns the exit code; null: it did not end.</summary>
    public async Task<int?> StopAsync()
    {
        _ = SendSignal(_process.Id, 15);
        using var patience = new CancellationTokenSource(Patience);
        try
        {
            await _process.WaitForExitAsync(patience.Token).ConfigureAwait(false);
            return _process.ExitCode;
        }
        catch (OperationCanceledException)
        {
            return null;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
            await _process.WaitForExitAsync().ConfigureAwait(false);
        }

        _process.Dispose();
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private void Keep(string? line)
    {
        if (line is null) return;
        lock (_said) _said.Append(line).Append('\n');
    }

    [GeneratedRegex(@"HTTP on (http://[\d.]+:\d+)")]
    private static partial Regex Listening();

    [GeneratedRegex("In the cluster as")]
    private static partial Regex Joined();

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int SendSignal(int process, int signal);
}
