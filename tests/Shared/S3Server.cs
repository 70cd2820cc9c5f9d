using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace ActorTrainer.Tests.Shared;

/// <summary>
/// A process that speaks S3 on loopback (moto's server, Apache-2.0: <c>pip install 'moto[server]'</c>). Where it is not installed, the test that asks for it is
/// skipped by that name. Compiled into each test project that needs it.
/// </summary>
internal sealed class S3Server : IDisposable
{
    private const string Program = "moto_server";
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(120);
    private readonly Process _process;

    private S3Server(string path)
    {
        // Whatever: it takes any. The client finds them where the AWS tools look.
        Environment.SetEnvironmentVariable("AWS_ACCESS_KEY_ID", "test");
        Environment.SetEnvironmentVariable("AWS_SECRET_ACCESS_KEY", "test");
        Endpoint = new($"http://127.0.0.1:{FreePort()}");
        _process = Process.Start(new ProcessStartInfo(path, ["-H", "127.0.0.1", "-p", $"{Endpoint.Port}"]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
        WaitUntilItAnswers();
    }

    public Uri Endpoint { get; }

    public static S3Server StartNew()
    {
        string? path = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Select(folder => Path.Combine(folder, Program)).FirstOrDefault(File.Exists);
        Skip.If(path is null, "An S3-compatible server (moto_server) is not installed.");
        return new(path!);
    }

    public void Dispose()
    {
        _process.Kill(entireProcessTree: true);
        _process.WaitForExit();
        _process.Dispose();
    }

    private void WaitUntilItAnswers()
    {
        using var client = new HttpClient();
        for (var clock = Stopwatch.StartNew(); ;)
        {
            try
            {
                using var answer = client.Send(new(HttpMethod.Get, Endpoint));
                return;
            }
            catch (HttpRequestException)
            {
                if (_process.WaitForExit(TimeSpan.FromMilliseconds(50)) || clock.Elapsed > Deadline) throw new InvalidOperationException($"{Program} did not start at {Endpoint}.");
            }
        }
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
