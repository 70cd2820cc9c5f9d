using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using ActorTrainer.Client.Http;

namespace ActorTrainer.Client;

/// <summary>Experiments of a cluster. Every call throws <see cref="ServiceException"/>. Looking asks for a key with the scope read, asking for something for submit, removing for admin.</summary>
public sealed class ExperimentsClient
{
    private const string Root = "/v1/experiments";
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private readonly Gateways _gateways;
    private readonly TimeSpan _patience;
    private readonly TimeProvider _time;

    internal ExperimentsClient(Gateways gateways, TimeSpan patience, TimeProvider time) => (_gateways, _patience, _time) = (gateways, patience, time);

    /// <summary>Begins an experiment, or goes on with it. Answered when the data were looked at and it can be asked about. What is wrong in the file is in <see cref="ServiceException.Errors"/>.</summary>
    /// <param name="configuration">HOCON with neither includes nor variables of the environment: the service has its own.</param>
    /// <param name="priority">Who is given trainers first where there are too few: the higher.</param>
    /// <param name="acceptMachine">Go on although the nodes compute other bits than those that it was begun on.</param>
    public Task<Submission> SubmitAsync(string configuration, int priority = 0, bool acceptMachine = false, CancellationToken cancel = default) => _gateways.AskAsync(
        new(HttpMethod.Post, $"{Root}?priority={priority.ToString(CultureInfo.InvariantCulture)}{(acceptMachine ? "&accept_machine=true" : "")}")
        {
            Body = _ => Text(configuration), IsRepeatable = true, Patience = Question.LongPatience,
        }, ClientJson.Default.Submission, cancel);

    /// <summary>What a file means, or every error in it; nothing is begun.</summary>
    public Task<CheckedConfiguration> CheckAsync(string configuration, CancellationToken cancel = default) =>
        _gateways.AskAsync(new(HttpMethod.Post, $"{Root}:check") { Body = _ => Text(configuration), IsRepeatable = true }, ClientJson.Default.CheckedConfiguration, cancel);

    /// <summary>All of them by name, asked for page by page as they are looked at.</summary>
    public async IAsyncEnumerable<ExperimentSummary> ListAsync([EnumeratorCancellation] CancellationToken cancel = default)
    {
        for (string? path = $"{Root}?limit=1000"; path is not null;)
        {
            (var page, path) = await _gateways.AskAsync(new(HttpMethod.Get, path), PageAsync, cancel).ConfigureAwait(false);
            foreach (var experiment in page) yield return experiment;
        }
    }

    public async Task<ExperimentDetails> ShowAsync(string name, CancellationToken cancel = default)
    {
        var document = await _gateways.GetAsync(Of(name), ClientJson.Default.JsonElement, cancel).ConfigureAwait(false);
        try
        {
            return document.Deserialize(ClientJson.Default.ExperimentDetails)! with { Document = document };
        }
        catch (JsonException e)
        {
            throw Unreadable(e);
        }
    }

    /// <summary>Its steps, asked for 10,000 at a time as they are looked at.</summary>
    /// <param name="from">The first, counted from 1.</param>
    /// <param name="to">The last.</param>
    public async IAsyncEnumerable<TrainingStep> StepsAsync(string name, long from = 1, long to = long.MaxValue, [EnumeratorCancellation] CancellationToken cancel = default)
    {
        while (from <= to)
        {
            var steps = await _gateways.GetAsync(string.Create(CultureInfo.InvariantCulture, $"{Of(name)}/metrics?from={from}&to={to}"), ClientJson.Default.TrainingStepArray, cancel).ConfigureAwait(false);
            if (steps.Length == 0) yield break;
            foreach (var step in steps) yield return step;
            from = steps[^1].Step + 1;
        }
    }

    /// <summary>The last lines of its log.</summary>
    /// <param name="tail">How many; null: as many as are told.</param>
    public Task<string> LogsAsync(string name, int? tail = null, CancellationToken cancel = default) => _gateways.AskAsync(
        new(HttpMethod.Get, $"{Of(name)}/logs{(tail is { } lines ? string.Create(CultureInfo.InvariantCulture, $"?tail={lines}") : "")}"), TextAsync, cancel);

    /// <summary>Stops it with everything saved.</summary>
    public Task<Submission> PauseAsync(string name, CancellationToken cancel = default) => WishAsync(name, "pause", cancel);

    /// <summary>Lets it go on.</summary>
    public Task<Submission> ResumeAsync(string name, CancellationToken cancel = default) => WishAsync(name, "resume", cancel);

    /// <summary>Gives it up. Its checkpoints stay.</summary>
    public Task<Submission> CancelAsync(string name, CancellationToken cancel = default) => WishAsync(name, "cancel", cancel);

    /// <summary>Removes one that rests, with its files. Not repeated once it was sent.</summary>
    public Task RemoveAsync(string name, CancellationToken cancel = default) => _gateways.AskAsync(new(HttpMethod.Delete, Of(name)), Gateways.Nothing, cancel);

    /// <summary>What could be removed for room: runs set aside, spare checkpoints of finished ones, leftovers.</summary>
    public async Task<IReadOnlyList<Prunable>> PrunableAsync(CancellationToken cancel = default) =>
        await _gateways.AskAsync(new(HttpMethod.Get, "/v1/prunable") { Patience = Question.LongPatience }, ClientJson.Default.PrunableArray, cancel).ConfigureAwait(false);

    /// <summary>Removes that for good. Not repeated once it was sent.</summary>
    /// <returns>What was removed.</returns>
    public async Task<IReadOnlyList<Prunable>> PruneAsync(CancellationToken cancel = default) =>
        await _gateways.AskAsync(new(HttpMethod.Delete, "/v1/prunable") { Patience = Question.LongPatience }, ClientJson.Default.PrunableArray, cancel).ConfigureAwait(false);

    /// <summary>What has happened so far.</summary>
    public Task<ExperimentNews> HistoryAsync(string name, CancellationToken cancel = default) => _gateways.AskAsync(new(HttpMethod.Get, $"{Of(name)}/events?follow=false"), FirstAsync, cancel);

    /// <summary>
    /// What happens, until cancelled: it does not end with the experiment, which may be resumed. Where a gateway goes away, it goes on from there, at the same or another: nothing is told twice and nothing left out. Looks without
    /// news are not told. Throws <see cref="ServiceException"/> where the first answer is an error, or no gateway is there for longer than <see cref="ClientOptions.Patience"/>.
    /// </summary>
    /// <param name="from">A <see cref="ExperimentNews.Position"/> to go on from; null: from the beginning.</param>
    /// <param name="isExpected">It was just accepted, and may not be known for a moment.</param>
    public async IAsyncEnumerable<ExperimentNews> FollowAsync(string name, string? from = null, bool isExpected = false, [EnumeratorCancellation] CancellationToken cancel = default)
    {
        long lost = _time.GetTimestamp();
        while (true)
        {
            using var answer = await TryFollowAsync(name, from, isExpected || from is not null, lost, cancel).ConfigureAwait(false);
            if (answer is not null)
            {
                await using var stream = await answer.Content.ReadAsStreamAsync(cancel).ConfigureAwait(false);
                await using var news = NewsReader.ReadAsync(stream, cancel).GetAsyncEnumerator(cancel);
                while (await NextAsync(news).ConfigureAwait(false))
                {
                    (from, lost) = (news.Current.Position, _time.GetTimestamp());
                    if (!news.Current.IsEmpty) yield return news.Current;
                }
            }

            await Task.Delay(Pause, _time, cancel).ConfigureAwait(false);
        }
    }

    /// <summary>Until it is completed, failed, cancelled or paused.</summary>
    /// <param name="since">What it was just asked: an end before that is not the end that is waited for. One that is completed has nothing left to wait for.</param>
    public async Task<ExperimentDetails> WaitAsync(string name, Submission? since = null, CancellationToken cancel = default)
    {
        await foreach (var news in FollowAsync(name, isExpected: since is not null, cancel: cancel).ConfigureAwait(false))
        {
            if (!news.Events.Any(happened => happened.IsEnd)) continue;
            var found = await ShowAsync(name, cancel).ConfigureAwait(false);
            if (found.State == ExperimentState.Completed || found.Rests && news.Events.Any(happened => happened.IsEnd && happened.Sequence > (since?.Sequence ?? 0))) return found;
        }

        throw new InvalidOperationException("a stream that is followed does not end by itself");
    }

    /// <summary>Null: not now, and it is worth another try.</summary>
    private async Task<HttpResponseMessage?> TryFollowAsync(string name, string? from, bool isKnown, long lost, CancellationToken cancel)
    {
        try
        {
            return await _gateways.AskAsync(new(HttpMethod.Get, $"{Of(name)}/events") { Head = message => { if (from is not null) message.Headers.Add("Last-Event-ID", from); } }, Gateways.Stream, cancel).ConfigureAwait(false);
        }
        catch (ServiceException e) when (isKnown && (e.IsPassing || e.Status == 404) && _time.GetElapsedTime(lost) < _patience)
        {
            return null;
        }
    }

    /// <summary>False where the connection is over, in whatever way.</summary>
    private async Task<bool> NextAsync(IAsyncEnumerator<ExperimentNews> news)
    {
        try
        {
            return await news.MoveNextAsync().ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or HttpRequestException or TimeoutException)
        {
            return false;
        }
        catch (JsonException e)
        {
            throw Unreadable(e);
        }
    }

    private static async Task<ExperimentNews> FirstAsync(HttpResponseMessage answer, CancellationToken cancel)
    {
        using (answer)
        {
            await using var stream = await answer.Content.ReadAsStreamAsync(cancel).ConfigureAwait(false);
            await foreach (var news in NewsReader.ReadAsync(stream, cancel).ConfigureAwait(false)) return news;
        }

        throw new HttpIOException(HttpRequestError.ResponseEnded, "the answer is cut off");
    }

    private static async Task<(ExperimentSummary[] Experiments, string? Next)> PageAsync(HttpResponseMessage answer, CancellationToken cancel)
    {
        using (answer)
        {
            await using var stream = await answer.Content.ReadAsStreamAsync(cancel).ConfigureAwait(false);
            return (await JsonSerializer.DeserializeAsync(stream, ClientJson.Default.ExperimentSummaryArray, cancel).ConfigureAwait(false) ?? throw new JsonException("null"), NextOf(answer));
        }
    }

    /// <summary>The header <c>Link: &lt;/v1/experiments?after=...&gt;; rel="next"</c>. Only where it leads to is taken from it, never to whom.</summary>
    private static string? NextOf(HttpResponseMessage answer) =>
        answer.Headers.TryGetValues("Link", out var links) && links.FirstOrDefault() is { } link && link.StartsWith($"<{Root}?", StringComparison.Ordinal) && link.IndexOf('>') is var end and > 0 ? link[1..end] : null;

    private static async Task<string> TextAsync(HttpResponseMessage answer, CancellationToken cancel)
    {
        using (answer) return await answer.Content.ReadAsStringAsync(cancel).ConfigureAwait(false);
    }

    private Task<Submission> WishAsync(string name, string wish, CancellationToken cancel) =>
        _gateways.AskAsync(new(HttpMethod.Post, $"{Of(name)}/{wish}") { IsRepeatable = true }, ClientJson.Default.Submission, cancel);

    private ServiceException Unreadable(JsonException e) => new(ServiceFailure.Unreadable, $"{_gateways.Shown} gives an answer that can't be read: is it a gateway of this version?", e);

    private static string Of(string name) => $"{Root}/{Uri.EscapeDataString(name)}";

    private static StringContent Text(string configuration) => new(configuration, Encoding.UTF8, "text/plain");
}
