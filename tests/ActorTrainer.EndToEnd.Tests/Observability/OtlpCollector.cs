using System.Collections.Concurrent;
using System.Net;
using System.Text;

namespace ActorTrainer.EndToEnd.Tests.Observability;

/// <summary>Takes spans by OTLP over HTTP and keeps the requests' protobuf as it came.</summary>
internal sealed class OtlpCollector : IDisposable
{
    private readonly HttpListener _listener = new();
    private readonly ConcurrentQueue<byte[]> _bodies = new();

    public OtlpCollector(int port)
    {
        Endpoint = $"http://127.0.0.1:{port}";
        _listener.Prefixes.Add($"{Endpoint}/");
        _listener.Start();
        _ = AnswerAsync();
    }

    public string Endpoint { get; }

    /// <summary>Whether a span of this name came: field 5 of a span (opentelemetry/proto/trace/v1/trace.proto).</summary>
    public bool Has(string span) => Count([0x2A, (byte)span.Length, .. Encoding.UTF8.GetBytes(span)]) > 0;

    /// <summary>Spans of a trace: field 1 of a span, sixteen bytes.</summary>
    public int CountOf(string trace) => Count([0x0A, 16, .. Convert.FromHexString(trace)]);

    public void Dispose() => _listener.Close();

    private int Count(byte[] bytes)
    {
        int count = 0;
        foreach (byte[] body in _bodies)
        {
            for (var rest = body.AsSpan(); rest.IndexOf(bytes) is >= 0 and var at; rest = rest[(at + bytes.Length)..]) count++;
        }

        return count;
    }

    private async Task AnswerAsync()
    {
        try
        {
            while (true)
            {
                var context = await _listener.GetContextAsync();
                using var body = new MemoryStream();
                await context.Request.InputStream.CopyToAsync(body);
                if (context.Request is { HttpMethod: "POST", Url.AbsolutePath: "/v1/traces", ContentType: "application/x-protobuf" }) _bodies.Enqueue(body.ToArray());
                context.Response.Close();
            }
        }
        catch (Exception e) when (e is HttpListenerException or ObjectDisposedException)
        {
            // Closed.
        }
    }
}
