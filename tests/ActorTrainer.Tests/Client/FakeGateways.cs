using System.Net;
using System.Net.Sockets;
using System.Text;
using ActorTrainer.Client;

namespace ActorTrainer.Tests.Client;

/// <summary>Gateways at <c>http://a.example</c> and <c>http://b.example</c>, without a network: each request is noted, and answered as the test says.</summary>
internal sealed class FakeGateways(Func<HttpRequestMessage, int, HttpResponseMessage> answer) : HttpMessageHandler
{
    /// <summary>Host, method and path of each request.</summary>
    public List<string> Asked { get; } = [];

    public List<string> Said { get; } = [];

    /// <summary>Of each request, where one was sent; null: there was none.</summary>
    public List<byte[]?> Bodies { get; } = [];

    public ActorTrainerClient Client(string servers = "http://a.example,http://b.example", TimeProvider? time = null) =>
        new(new() { Servers = ServerAddresses.Parse(servers), Handler = this, Notice = Said.Add, Time = time ?? TimeProvider.System });

    public static HttpRequestException Refused() => new(HttpRequestError.ConnectionError, "refused", new SocketException((int)SocketError.ConnectionRefused));

    public static HttpRequestException Broken() => new(HttpRequestError.ResponseEnded, "gone");

    public static HttpResponseMessage Json(string text) => new(HttpStatusCode.OK) { Content = new StringContent(text, Encoding.UTF8, "application/json") };

    public static HttpResponseMessage Problem(int status, string detail, int? retryAfter = null, string more = "")
    {
        var answer = new HttpResponseMessage((HttpStatusCode)status) { Content = new StringContent($$"""{"status":{{status}},"detail":"{{detail}}"{{more}}}""", Encoding.UTF8, "application/problem+json") };
        if (retryAfter is { } seconds) answer.Headers.RetryAfter = new(TimeSpan.FromSeconds(seconds));
        return answer;
    }

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        Asked.Add($"{request.RequestUri!.Host[0]} {request.Method} {request.RequestUri.PathAndQuery}");
        var found = answer(request, Asked.Count);
        Bodies.Add(request.Content is { } content ? await content.ReadAsByteArrayAsync(cancellationToken) : null);
        found.RequestMessage = request;
        return found;
    }
}
