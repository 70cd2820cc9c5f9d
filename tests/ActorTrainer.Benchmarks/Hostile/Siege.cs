using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using ActorTrainer.Benchmarks.Processes;
using ActorTrainer.Core.Randomness;

namespace ActorTrainer.Benchmarks.Hostile;

/// <summary>Sends request after request, several at a time, and looks at every answer.</summary>
internal sealed class Siege(NodeProcess gateway, ulong seed, string model, ImmutableArray<string> versions, int side, int channels) : IDisposable
{
    private const int AtATime = 8;

    /// <summary>More than the service allows itself for any of these.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90), RawPatience = TimeSpan.FromSeconds(30);

    private readonly HttpClient _http = new(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false }) { BaseAddress = gateway.Url, Timeout = Patience };
    private readonly PictureRequests _pictures = new(model);
    private readonly TensorRequests _tensors = new(model, side, channels);
    private readonly TextRequests _texts = new(model, versions);
    private readonly ArchiveRequests _archives = new();
    private readonly RawRequests _raw = new(model);
    private readonly SortedDictionary<int, int> _statuses = [];
    private readonly List<string> _failures = [];

    /// <summary>Answers by status; 0: the connection was closed without one, which only what is no HTTP may be.</summary>
    public IReadOnlyDictionary<int, int> Statuses => _statuses;

    /// <summary>What should not have been, with the request's number.</summary>
    public IReadOnlyList<string> Failures => _failures;

    public void Dispose() => _http.Dispose();

    public async Task SendAsync(int from, int to, CancellationToken cancel) =>
        await Parallel.ForEachAsync(Enumerable.Range(from, to - from), new ParallelOptions { MaxDegreeOfParallelism = AtATime, CancellationToken = cancel }, async (number, stop) =>
        {
            if (gateway.HasEnded) return;
            var request = Make(number);
            try
            {
                await (request.Raw is { } raw ? KnockAsync(number, raw, stop) : SendAsync(number, request, stop)).ConfigureAwait(false);
            }
            catch (Exception e) when (e is not OperationCanceledException || !stop.IsCancellationRequested)
            {
                Fail(number, request, $"{e.GetType().Name}: {e.Message}");
            }
        }).ConfigureAwait(false);

    /// <summary>The same for the same number and seed.</summary>
    private HostileRequest Make(int number)
    {
        var random = new RandomStream(seed, RandomPurpose.Test, (ulong)number, 0);
        return random.NextInt32(10) switch
        {
            0 or 1 => _pictures.Next(ref random),
            2 or 3 => _tensors.Next(ref random),
            4 or 5 or 6 => _texts.Next(ref random),
            7 => _archives.Next(ref random),
            8 => _raw.Next(ref random),
            _ => Good(),
        };
    }

    /// <summary>Among all that, some that must be answered.</summary>
    private HostileRequest Good() => new("GET", $"/v1/models/{model}");

    private async Task SendAsync(int number, HostileRequest request, CancellationToken cancel)
    {
        if (!Uri.TryCreate(gateway.Url, request.Target, out var address) || address.Authority != gateway.Url.Authority) return;
        using var message = new HttpRequestMessage(new(request.Method), address);
        if (request.Body is { } body) message.Content = new ByteArrayContent(body);
        if (request.ContentType is { } type) message.Content?.Headers.TryAddWithoutValidation("Content-Type", type);
        foreach (var (name, value) in request.Headers.Where(header => header.Value.All(letter => letter is >= ' ' and < '\u007f'))) message.Headers.TryAddWithoutValidation(name, value);
        try
        {
            using var answer = await _http.SendAsync(message, cancel).ConfigureAwait(false);
            await JudgeAsync(number, request, answer, cancel).ConfigureAwait(false);
        }
        catch (HttpRequestException e) when (e.InnerException is IOException or SocketException && request.Body is { Length: > 1 << 20 })
        {
            Count(0);       // refused while the body was still on its way
        }
    }

    private async Task JudgeAsync(int number, HostileRequest request, HttpResponseMessage answer, CancellationToken cancel)
    {
        // What the server refuses before it is a request of the service's is refused without a word, and the connection closed.
        Count((int)answer.StatusCode);
        string text = await answer.Content.ReadAsStringAsync(cancel).ConfigureAwait(false);
        if (answer.StatusCode == HttpStatusCode.InternalServerError) Fail(number, request, $"500: {text}");
        else if ((int)answer.StatusCode >= 400 && request.Method != "HEAD" && text.Length == 0 && answer.Headers.ConnectionClose != true) Fail(number, request, $"{(int)answer.StatusCode} without a word");
        if (text.Contains("   at ActorTrainer", StringComparison.Ordinal)) Fail(number, request, $"a stack was shown: {text}");
    }

    private async Task KnockAsync(int number, byte[] bytes, CancellationToken cancel)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        patience.CancelAfter(RawPatience);
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        byte[] head = new byte[64];
        int read = 0;
        try
        {
            await socket.ConnectAsync(gateway.Url.Host, gateway.Url.Port, patience.Token).ConfigureAwait(false);
            await socket.SendAsync(bytes, patience.Token).ConfigureAwait(false);
            socket.Shutdown(SocketShutdown.Send);
            while (read < head.Length && await socket.ReceiveAsync(head.AsMemory(read), patience.Token).ConfigureAwait(false) is > 0 and var more) read += more;
        }
        catch (SocketException) when (!gateway.HasEnded)
        {
            // Closed in the middle: what it was sent is no HTTP.
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            Fail(number, new("RAW", "") { Raw = bytes }, $"neither answered nor closed within {RawPatience.TotalSeconds:0} s");
            return;
        }

        string line = System.Text.Encoding.ASCII.GetString(head, 0, read);
        int status = line.StartsWith("HTTP/1.", StringComparison.Ordinal) && int.TryParse(line.AsSpan(9, 3), out int code) ? code : 0;
        Count(status);
        if (status == 500) Fail(number, new("RAW", "") { Raw = bytes }, line);
    }

    private void Count(int status)
    {
        lock (_statuses) _statuses[status] = _statuses.GetValueOrDefault(status) + 1;
    }

    private void Fail(int number, HostileRequest request, string what)
    {
        lock (_failures) _failures.Add($"request {number}, {request}: {what}");
    }
}
