using System.Collections.Immutable;
using System.Globalization;
using System.Runtime.ExceptionServices;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace ActorTrainer.Client.Http;

/// <summary>Asks one gateway of several, and another where that one is gone: <see cref="Course"/> says when. Whoever is asked next stays with the one that answered.</summary>
internal sealed class Gateways : IDisposable
{
    private readonly ImmutableArray<Uri> _servers;
    private readonly ClientOptions _options;
    private readonly HttpClient _http;
    private int _preferred;     // the server that answered last, or is next

    public Gateways(ClientOptions options)
    {
        (_options, _servers) = (options, options.Servers);
        _http = new(options.Handler ?? Trust.Handler(options.Authority), disposeHandler: options.Handler is null) { Timeout = Timeout.InfiniteTimeSpan };
        if (options.Key is { } key) _http.DefaultRequestHeaders.Authorization = new("Bearer", key);
    }

    /// <summary>The gateway that is asked first, for a message.</summary>
    public string Shown => ServerAddresses.Show(_servers[Volatile.Read(ref _preferred)]);

    public void Dispose() => _http.Dispose();

    public Task<T> GetAsync<T>(string path, JsonTypeInfo<T> type, CancellationToken cancel) => AskAsync(new(HttpMethod.Get, path), type, cancel);

    public Task<T> AskAsync<T>(Question question, JsonTypeInfo<T> type, CancellationToken cancel) => AskAsync(question, (answer, patience) => JsonAsync(answer, type, patience), cancel);

    /// <summary>For answers that say nothing more than that it was done.</summary>
    public static Task<bool> Nothing(HttpResponseMessage answer, CancellationToken cancel)
    {
        answer.Dispose();
        return Task.FromResult(true);
    }

    /// <summary>For answers that are read as they come, and disposed by whoever asked.</summary>
    public static Task<HttpResponseMessage> Stream(HttpResponseMessage answer, CancellationToken cancel) => Task.FromResult(answer);

    /// <param name="read">Reads the answer to its end and disposes it: what breaks off while it is read is asked for again.</param>
    public async Task<T> AskAsync<T>(Question question, Func<HttpResponseMessage, CancellationToken, Task<T>> read, CancellationToken cancel)
    {
        var course = new Course(question, _servers.Length, question.Wait ?? _options.Patience, _options.Time);
        bool isWaiting = false;
        for (int server = Volatile.Read(ref _preferred); ;)
        {
            TimeSpan pause;
            try
            {
                return await TryAsync(question, _servers[server], read, cancel).ConfigureAwait(false);
            }
            catch (ServiceException e)
            {
                if (course.PauseAfter(e) is not { } found) throw;
                pause = found;
                if (pause == TimeSpan.Zero) Leave(ref server, e);
                else if (!isWaiting) _options.Notice?.Invoke(string.Create(CultureInfo.InvariantCulture, $"{ServerAddresses.Show(_servers[server])} has no coordinator or journal at the moment; trying again for {course.Left.TotalSeconds:0} s."));
            }

            if (pause == TimeSpan.Zero) continue;
            isWaiting = true;
            server = (server + 1) % _servers.Length;
            await Task.Delay(pause, _options.Time, cancel).ConfigureAwait(false);
        }
    }

    /// <summary>For the next, and all who come later with it.</summary>
    private void Leave(ref int server, ServiceException trouble)
    {
        int next = (server + 1) % _servers.Length;
        if (Interlocked.CompareExchange(ref _preferred, next, server) == server && next != server) _options.Notice?.Invoke($"{trouble.Message} {ServerAddresses.Show(_servers[next])} is asked instead.");
        server = next;
    }

    private async Task<T> TryAsync<T>(Question question, Uri server, Func<HttpResponseMessage, CancellationToken, Task<T>> read, CancellationToken cancel)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        patience.CancelAfter(question.Patience);
        string shown = ServerAddresses.Show(server);
        try
        {
            using var message = question.MessageTo(server, () => patience.CancelAfter(question.Patience));
            var answer = await _http.SendAsync(message, HttpCompletionOption.ResponseHeadersRead, patience.Token).ConfigureAwait(false);
            if (answer.IsSuccessStatusCode) return await read(answer, patience.Token).ConfigureAwait(false);
            using (answer) throw await Problem.OfAsync(answer, shown, patience.Token).ConfigureAwait(false);
        }
        catch (SourceException e)
        {
            ExceptionDispatchInfo.Throw(e.InnerException!);
            throw;
        }
        catch (HttpRequestException e)
        {
            throw Losses.Of(e, shown);
        }
        catch (IOException e)
        {
            throw Losses.Of(e, shown);
        }
        catch (JsonException e)
        {
            throw new ServiceException(ServiceFailure.Unreadable, $"{shown} gives an answer that can't be read: is it a gateway of this version?", e);
        }
        catch (OperationCanceledException e) when (!cancel.IsCancellationRequested)
        {
            throw Losses.Silent(shown, e);
        }
    }

    private static async Task<T> JsonAsync<T>(HttpResponseMessage answer, JsonTypeInfo<T> type, CancellationToken cancel)
    {
        using (answer)
        {
            await using var stream = await answer.Content.ReadAsStreamAsync(cancel).ConfigureAwait(false);
            return await JsonSerializer.DeserializeAsync(stream, type, cancel).ConfigureAwait(false) ?? throw new JsonException("null");
        }
    }
}

/// <summary>What is to be sent could not be read: the inner exception says why, and it is nobody's fault at the service.</summary>
internal sealed class SourceException(Exception inner) : Exception(inner.Message, inner);
