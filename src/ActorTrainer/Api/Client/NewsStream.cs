using System.Collections.Immutable;
using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using ActorTrainer.Core;
using ActorTrainer.Core.Experiments;
using ActorTrainer.Core.Training;
using ActorTrainer.Journal;

namespace ActorTrainer.Api.Client;

/// <summary>Reads what <see cref="EventStream"/> writes, look by look.</summary>
internal static class NewsStream
{
    /// <summary>Several of the server's pings: who is silent for so long is gone.</summary>
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(45);

    /// <summary>Each look with the position that it ends at. Throws <see cref="TimeoutException"/> after a long silence.</summary>
    public static async IAsyncEnumerable<(RunNews News, RunPosition Position)> ReadAsync(Stream stream, [EnumeratorCancellation] CancellationToken cancel)
    {
        var (events, steps) = (ImmutableArray.CreateBuilder<JournalEntry>(), ImmutableArray.CreateBuilder<StepRecord>());
        using var silence = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        silence.CancelAfter(Silence);
        await using var items = SseParser.Create(stream).EnumerateAsync(silence.Token).GetAsyncEnumerator(silence.Token);
        while (await NextAsync(items, cancel).ConfigureAwait(false))
        {
            silence.CancelAfter(Silence);
            var item = items.Current;
            if (!RunPosition.TryParse(item.EventId, out var position)) continue;
            switch (item.EventType)
            {
                case EventStream.Step: steps.Add(JsonSerializer.Deserialize<StepRecord>(item.Data, CoreJson.Options)); break;
                case EventStream.Live or EventStream.Ping:
                    yield return (new(events.DrainToImmutable(), steps.DrainToImmutable()), position);
                    break;
                case var manifest: events.Add(new(position.Sequence, Read(manifest, item.Data))); break;
            }
        }
    }

    private static async Task<bool> NextAsync(IAsyncEnumerator<SseItem<string>> items, CancellationToken cancel)
    {
        try
        {
            return await items.MoveNextAsync().ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            throw new TimeoutException("the server has been silent");
        }
    }

    private static IExperimentEvent Read(string manifest, string json)
    {
        try
        {
            return ExperimentEventJson.Read(manifest, Encoding.UTF8.GetBytes(json));
        }
        catch (FormatException e)
        {
            throw new ClusterException($"The server tells of an event that can't be read: {e.Message} Is it of a newer version?");
        }
    }
}
