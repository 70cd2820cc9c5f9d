using System.Collections.Immutable;
using System.Globalization;
using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Text.Json;
using ActorTrainer.Client.Http;

namespace ActorTrainer.Client;

/// <summary>Reads server-sent events, look by look: <c>step</c>, <c>live</c> after what was there at one look, <c>ping</c> where nothing has come for a while, and all others under their names in the journal.</summary>
internal static class NewsReader
{
    /// <summary>Several of the server's pings: who is silent for so long is gone.</summary>
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(45);

    /// <summary>Throws <see cref="TimeoutException"/> after a long silence, <see cref="JsonException"/> for what is no such stream.</summary>
    public static async IAsyncEnumerable<ExperimentNews> ReadAsync(Stream stream, [EnumeratorCancellation] CancellationToken cancel)
    {
        var (events, steps) = (ImmutableArray.CreateBuilder<ExperimentEvent>(), ImmutableArray.CreateBuilder<TrainingStep>());
        using var silence = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        silence.CancelAfter(Silence);
        await using var items = SseParser.Create(stream).EnumerateAsync(silence.Token).GetAsyncEnumerator(silence.Token);
        while (await NextAsync(items, cancel).ConfigureAwait(false))
        {
            silence.CancelAfter(Silence);
            var item = items.Current;
            if (item.EventId is not { Length: > 0 } position) continue;
            switch (item.EventType)
            {
                case "step":
                    steps.Add(JsonSerializer.Deserialize(item.Data, ClientJson.Default.TrainingStep) ?? throw new JsonException("null"));
                    break;
                case "live" or "ping":
                    yield return new(steps.DrainToImmutable(), events.DrainToImmutable(), position);
                    break;
                case var type:
                    events.Add(new(SequenceOf(position), type, JsonSerializer.Deserialize(item.Data, ClientJson.Default.JsonElement)));
                    break;
            }
        }
    }

    /// <summary>A position is <c>EVENTS.STEPS</c>: the last of each that was told.</summary>
    private static long SequenceOf(string position) =>
        long.TryParse(position.Split('.')[0], NumberStyles.None, CultureInfo.InvariantCulture, out long sequence) ? sequence : throw new JsonException($"'{position}' is no position.");

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
}
