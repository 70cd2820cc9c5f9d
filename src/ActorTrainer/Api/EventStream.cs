using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using ActorTrainer.Actors.Journal;
using ActorTrainer.Core;
using ActorTrainer.Core.Experiments;
using ActorTrainer.Journal;

namespace ActorTrainer.Api;

/// <summary>
/// A run as server-sent events. <c>step</c>: a line of metrics.jsonl; a journal event under its name there; <see cref="Live"/> after what was there at one
/// look; <see cref="Ping"/> where nothing has come for a while. Each has an id, from which the stream goes on.
/// </summary>
internal static class EventStream
{
    public const string Step = "step", Live = "live", Ping = "ping";

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(250);
    private const int QuietLooks = 40;      // 10 s

    /// <param name="follow">Goes on until cancelled; else it ends after the first look.</param>
    public static async IAsyncEnumerable<SseItem<string>> OfAsync(RunFeed feed, bool follow, TimeProvider time, [EnumeratorCancellation] CancellationToken cancel)
    {
        using var timer = new PeriodicTimer(Pause, time);
        for (int quiet = QuietLooks; ; quiet++)
        {
            var before = feed.Position;
            var news = Look(feed);
            foreach (var step in news?.Steps ?? []) yield return Item(Step, JsonSerializer.Serialize(step, CoreJson.Options), before with { Step = step.Step });
            foreach (var entry in news?.Events ?? [])
            {
                string json = Encoding.UTF8.GetString(ExperimentEventJson.Write(entry.Event));
                yield return Item(ExperimentEventJson.Manifest(entry.Event), json, feed.Position with { Sequence = entry.SequenceNumber });
            }

            bool first = before == default;
            if (news is { IsEmpty: false } || first || !follow)
            {
                yield return Item(Live, "{}", feed.Position);
                quiet = 0;
            }
            else if (quiet >= QuietLooks)
            {
                yield return Item(Ping, "{}", feed.Position);
                quiet = 0;
            }

            if (!follow || !await WaitAsync(timer, cancel).ConfigureAwait(false)) yield break;
        }
    }

    /// <summary>Null where the journal can't be read now: the next look may do better.</summary>
    private static RunNews? Look(RunFeed feed)
    {
        try
        {
            return feed.Next();
        }
        catch (Exception e) when (e is JournalException or System.Data.Common.DbException or IOException)
        {
            return null;
        }
    }

    private static async Task<bool> WaitAsync(PeriodicTimer timer, CancellationToken cancel)
    {
        try
        {
            return await timer.WaitForNextTickAsync(cancel).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    private static SseItem<string> Item(string type, string data, RunPosition position) => new(data, type) { EventId = position.ToString() };
}
