using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using ActorTrainer.Actors.Coordination;
using ActorTrainer.Core;
using ActorTrainer.Core.Experiments;
using ActorTrainer.Journal;

namespace ActorTrainer.Api.Client;

/// <summary>
/// A cluster's gateway as seen from a client. A problem that it answers with becomes a <see cref="ClusterException"/>; while the coordinator moves to
/// another node, requests are said again for a while.
/// </summary>
internal sealed class ClusterClient : IDisposable
{
    /// <summary>Longer than the gateway waits for data to be looked at.</summary>
    private static readonly TimeSpan AnswerPatience = TimeSpan.FromMinutes(11);

    private static readonly TimeSpan ConnectPatience = TimeSpan.FromSeconds(10), MovePatience = TimeSpan.FromSeconds(60), Pause = TimeSpan.FromSeconds(1);

    private readonly HttpClient _http;
    private readonly ServerAddress _server;
    private readonly Action<string> _say;
    private readonly TimeProvider _time;

    /// <param name="say">Told, for a person, what is waited for.</param>
    public ClusterClient(ServerAddress server, Action<string> say, TimeProvider time)
    {
        (_server, _say, _time) = (server, say, time);
        var handler = new SocketsHttpHandler { ConnectTimeout = ConnectPatience, AllowAutoRedirect = false, UseCookies = false };
        if (server.Authority is { } authority)
            handler.SslOptions = new() { RemoteCertificateValidationCallback = (_, certificate, _, errors) => IsSigned(certificate, authority, errors) };
        _http = new(handler) { BaseAddress = server.Address, Timeout = Timeout.InfiniteTimeSpan };
        if (server.Key is { } key) _http.DefaultRequestHeaders.Authorization = new("Bearer", key);
    }

    public void Dispose() => _http.Dispose();

    /// <param name="configuration">The effective configuration, all paths resolved.</param>
    public Task<ControlAnswer> SubmitAsync(string configuration, int priority, bool acceptMachine, CancellationToken cancel) => WishAsync(
        $"/v1/experiments?priority={priority.ToString(System.Globalization.CultureInfo.InvariantCulture)}{(acceptMachine ? "&accept_machine=true" : "")}",
        () => new StringContent(configuration, Encoding.UTF8, "text/plain"), cancel);

    /// <param name="wish"><c>pause</c>, <c>resume</c> or <c>cancel</c>.</param>
    public Task<ControlAnswer> ControlAsync(ExperimentName name, string wish, CancellationToken cancel) =>
        WishAsync($"/v1/experiments/{name}/{wish}", () => null, cancel);

    public async Task RemoveAsync(ExperimentName name, CancellationToken cancel)
    {
        using var answer = await SendAsync(() => new(HttpMethod.Delete, $"/v1/experiments/{name}"), cancel).ConfigureAwait(false);
    }

    /// <summary>What can go, for a person, with its bytes.</summary>
    /// <param name="apply">And let it go.</param>
    public async Task<IReadOnlyList<(string What, long Bytes)>> PruneAsync(bool apply, CancellationToken cancel)
    {
        using var answer = await SendAsync(() => new(apply ? HttpMethod.Delete : HttpMethod.Get, "/v1/prunable"), cancel).ConfigureAwait(false);
        var items = await ReadAsync<List<CoordinatorProtocol.PrunedItem>>(answer, cancel).ConfigureAwait(false);
        return [.. items.Select(item => (item.What, item.Bytes))];
    }

    /// <summary>All of them, page by page.</summary>
    public async Task<IReadOnlyList<RunOverview>> ListAsync(CancellationToken cancel)
    {
        var all = new List<RunOverview>();
        for (string? path = "/v1/experiments?limit=1000"; path is not null;)
        {
            using var answer = await GetAsync(path, cancel).ConfigureAwait(false);
            all.AddRange(await ReadAsync<List<RunOverview>>(answer, cancel).ConfigureAwait(false));
            path = NextPage(answer);
        }

        return all;
    }

    public async Task<JsonObject> ShowAsync(ExperimentName name, CancellationToken cancel)
    {
        using var answer = await GetAsync($"/v1/experiments/{name}", cancel).ConfigureAwait(false);
        return await ReadAsync<JsonObject>(answer, cancel).ConfigureAwait(false);
    }

    public async Task<string> LogsAsync(ExperimentName name, int? tail, CancellationToken cancel)
    {
        using var answer = await GetAsync($"/v1/experiments/{name}/logs{(tail is { } lines ? string.Create(System.Globalization.CultureInfo.InvariantCulture, $"?tail={lines}") : "")}", cancel).ConfigureAwait(false);
        return await answer.Content.ReadAsStringAsync(cancel).ConfigureAwait(false);
    }

    /// <summary>What has happened so far.</summary>
    public async Task<RunNews> HistoryAsync(ExperimentName name, CancellationToken cancel)
    {
        using var answer = await GetAsync($"/v1/experiments/{name}/events?follow=false", cancel).ConfigureAwait(false);
        await using var stream = await answer.Content.ReadAsStreamAsync(cancel).ConfigureAwait(false);
        await foreach (var (news, _) in NewsStream.ReadAsync(stream, cancel).ConfigureAwait(false)) return news;
        throw new ClusterException($"{_server} broke off its answer. Try again.");
    }

    /// <summary>What happens, until cancelled; where the connection breaks, it goes on from there.</summary>
    /// <param name="isExpected">It was just accepted, and may not be in the journal yet.</param>
    public async IAsyncEnumerable<RunNews> FollowAsync(ExperimentName name, bool isExpected, [EnumeratorCancellation] CancellationToken cancel)
    {
        RunPosition position = default;
        long lost = _time.GetTimestamp();
        while (true)
        {
            using var answer = await TryFollowAsync(name, position, isExpected || position != default, lost, cancel).ConfigureAwait(false);
            if (answer is not null)
            {
                await using var stream = await answer.Content.ReadAsStreamAsync(cancel).ConfigureAwait(false);
                await using var news = NewsStream.ReadAsync(stream, cancel).GetAsyncEnumerator(cancel);
                while (await NextAsync(news).ConfigureAwait(false))
                {
                    (var latest, position) = news.Current;
                    lost = _time.GetTimestamp();
                    if (!latest.IsEmpty) yield return latest;
                }
            }

            await Task.Delay(Pause, _time, cancel).ConfigureAwait(false);
        }
    }

    private async Task<HttpResponseMessage?> TryFollowAsync(ExperimentName name, RunPosition position, bool isKnown, long lost, CancellationToken cancel)
    {
        try
        {
            return await GetAsync($"/v1/experiments/{name}/events", cancel, position == default ? null : position.ToString()).ConfigureAwait(false);
        }
        catch (ClusterException e) when (isKnown && e.IsPassing && _time.GetElapsedTime(lost) < MovePatience)
        {
            return null;
        }
    }

    /// <summary>False where the connection is over, in whatever way.</summary>
    private static async Task<bool> NextAsync(IAsyncEnumerator<(RunNews News, RunPosition Position)> news)
    {
        try
        {
            return await news.MoveNextAsync().ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or HttpRequestException or TimeoutException)
        {
            return false;
        }
    }

    private async Task<ControlAnswer> WishAsync(string path, Func<HttpContent?> content, CancellationToken cancel)
    {
        using var answer = await SendAsync(() => new(HttpMethod.Post, path) { Content = content() }, cancel).ConfigureAwait(false);
        return await ReadAsync<ControlAnswer>(answer, cancel).ConfigureAwait(false);
    }

    private Task<HttpResponseMessage> GetAsync(string path, CancellationToken cancel, string? lastEvent = null) => SendAsync(
        () =>
        {
            var request = new HttpRequestMessage(HttpMethod.Get, path);
            if (lastEvent is not null) request.Headers.Add("Last-Event-ID", lastEvent);
            return request;
        }, cancel);

    private async Task<HttpResponseMessage> SendAsync(Func<HttpRequestMessage> request, CancellationToken cancel)
    {
        long began = _time.GetTimestamp();
        for (int attempt = 1; ; attempt++)
        {
            using var message = request();
            var answer = await TrySendAsync(message, cancel).ConfigureAwait(false);
            if (answer.IsSuccessStatusCode) return answer;
            using (answer)
            {
                if (answer.StatusCode != HttpStatusCode.ServiceUnavailable || _time.GetElapsedTime(began) > MovePatience)
                    throw await ProblemAsync(answer, cancel).ConfigureAwait(false);
            }

            if (attempt == 1) _say($"{_server} has no coordinator or journal at the moment; trying again for {MovePatience.TotalSeconds:0} s.");
            await Task.Delay(Pause, _time, cancel).ConfigureAwait(false);
        }
    }

    private async Task<HttpResponseMessage> TrySendAsync(HttpRequestMessage message, CancellationToken cancel)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        patience.CancelAfter(AnswerPatience);
        try
        {
            return await _http.SendAsync(message, HttpCompletionOption.ResponseHeadersRead, patience.Token).ConfigureAwait(false);
        }
        catch (HttpRequestException e)
        {
            throw new ClusterException($"{_server} can't be reached: {Reason(e)}") { IsPassing = e.HttpRequestError != HttpRequestError.SecureConnectionError };
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            throw new ClusterException($"{_server} does not answer. Is it a gateway, and is the address right?") { IsPassing = true };
        }
    }

    private static string Reason(HttpRequestException e) => e switch
    {
        { InnerException: SocketException { SocketErrorCode: SocketError.ConnectionRefused } } => "the connection is refused. Is a gateway running there ('actortrainer node')?",
        { HttpRequestError: HttpRequestError.NameResolutionError } => "there is no host of that name.",
        { HttpRequestError: HttpRequestError.SecureConnectionError } => "no TLS connection, or a certificate that is not trusted: name the cluster's authority with --authority FILE or $ACTORTRAINER_AUTHORITY.",
        { HttpRequestError: HttpRequestError.ResponseEnded or HttpRequestError.InvalidResponse } => "it broke the connection off, as something that speaks no HTTP does, or HTTPS only.",
        _ => (e.InnerException ?? e).Message,
    };

    private async Task<ClusterException> ProblemAsync(HttpResponseMessage answer, CancellationToken cancel)
    {
        string? detail = null;
        if (answer.Content.Headers.ContentType?.MediaType == "application/problem+json")
            detail = (await ReadAsync<JsonObject>(answer, cancel).ConfigureAwait(false))["detail"]?.ToString();
        int status = (int)answer.StatusCode;
        return new(detail ?? $"{_server} answers with status {status}: is it a gateway of a cluster?")
        {
            IsPassing = status is 404 or 503,
            IsUsage = status is 400 or 401 or 403 or 404 or 409 or 413,
        };
    }

    private async Task<T> ReadAsync<T>(HttpResponseMessage answer, CancellationToken cancel)
    {
        try
        {
            await using var stream = await answer.Content.ReadAsStreamAsync(cancel).ConfigureAwait(false);
            return await JsonSerializer.DeserializeAsync<T>(stream, CoreJson.Options, cancel).ConfigureAwait(false) ?? throw new JsonException();
        }
        catch (Exception e) when (e is JsonException or IOException or HttpRequestException)
        {
            throw new ClusterException($"{_server} gives an answer that can't be read: is it a gateway of this version?");
        }
    }

    private static string? NextPage(HttpResponseMessage answer) =>
        answer.Headers.TryGetValues("Link", out var links) && links.FirstOrDefault() is { } link && link.StartsWith('<') && link.IndexOf('>') is var end and > 0 ? link[1..end] : null;

    /// <summary>By the cluster's authority, for the name that was asked for.</summary>
    private static bool IsSigned(X509Certificate? certificate, X509Certificate2 authority, SslPolicyErrors errors)
    {
        if (certificate is null || errors.HasFlag(SslPolicyErrors.RemoteCertificateNameMismatch)) return false;
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.Add(authority);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        using var copy = X509CertificateLoader.LoadCertificate(certificate.GetRawCertData());
        return chain.Build(copy);
    }
}

/// <summary>The cluster refused, or can't be reached. The message is for a person.</summary>
internal sealed class ClusterException(string message) : Exception(message)
{
    /// <summary>It may go by itself.</summary>
    public bool IsPassing { get; init; }

    /// <summary>Said again without a change, it would be refused again.</summary>
    public bool IsUsage { get; init; }
}
