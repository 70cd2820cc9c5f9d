using System.Collections.Immutable;
using System.Diagnostics;
using ActorTrainer.Actors.Hosting;
using ActorTrainer.Actors.Serving;
using ActorTrainer.Core.Registry;
using ActorTrainer.Core.Serving;
using ActorTrainer.Core.Training;
using Akka.Actor;
using static ActorTrainer.Actors.Serving.PredictorProtocol;
using static ActorTrainer.Actors.Serving.ServingProtocol;

namespace ActorTrainer.Benchmarks;

/// <summary>How many ask, and how often.</summary>
/// <param name="Clients">Each sends a picture, waits for the answer, and sends the next.</param>
/// <param name="Pictures">A round.</param>
internal sealed record PredictLoad(int Clients, int Pictures, int Rounds);

/// <summary>
/// Pictures that come one by one, batched by the actors, against the same model that is handed full batches in a loop; in turns, so that what disturbs the machine
/// disturbs both. Then pictures that come when they come, at a share of what the loop did, whether or not those before are answered. Without HTTP and decoding:
/// those are on other threads.
/// </summary>
internal static class PredictBenchmark
{
    /// <summary>Of the bare loop's speed, for the pictures that come when they come.</summary>
    public const double OpenShare = 0.7;

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);
    private static readonly ModelVersionId Version = new(new("measured"), "one");

    /// <summary>One round of each that does not count, then as many of each as asked for, in turns.</summary>
    public static async Task<PredictResult> RunAsync(Func<IEngine> engine, IWeightSource weights, ServedModel model, PredictLoad load, CancellationToken cancel)
    {
        var limits = BatchLimits.Default;
        var system = ActorTrainerSystem.StartServing(new(""));
        try
        {
            var serving = system.ActorOf(ServingActor.Props(new(_ => () => model.Open(engine(), weights), limits, 1, TimeProvider.System)));
            if (await serving.Ask<object>(new PrepareVersion(Version), cancel).ConfigureAwait(false) is PredictorMissing missing) throw new EngineException(missing.Reason);
            var predictor = (await serving.Ask<PredictorFound>(new FindPredictor(Version, false), cancel).ConfigureAwait(false)).Predictor;
            var (bare, batched, closed, open) = (new List<double>(), new List<double>(), new List<double>(), new List<double>());
            int refused = 0;
            for (int round = 0; round <= load.Rounds; round++)
            {
                cancel.ThrowIfCancellationRequested();
                double inLoop = await Task.Factory.StartNew(() => Bare(engine(), weights, model, limits.Size, load.Pictures), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default).ConfigureAwait(false);
                var (fromActors, waited) = await ClosedAsync(model, predictor, load).ConfigureAwait(false);
                var (latencies, turnedAway) = await OpenAsync(model, predictor, load.Pictures, inLoop * OpenShare, (ulong)round).ConfigureAwait(false);
                if (round == 0) continue;
                bare.Add(inLoop);
                batched.Add(fromActors);
                closed.AddRange(waited);
                open.AddRange(latencies);
                refused += turnedAway;
            }

            return new(model, load, limits, Sample.Of(bare), Sample.Of(batched), Sample.Of(bare.Zip(batched, (loop, actors) => actors / loop)), Latencies.Of(closed), Latencies.Of(open), refused);
        }
        finally
        {
            await system.Terminate().ConfigureAwait(false);
        }
    }

    /// <summary>Pictures a second.</summary>
    private static double Bare(IEngine engine, IWeightSource weights, ServedModel model, int size, int pictures)
    {
        using var predictor = model.Open(engine, weights);
        ImmutableArray<ReadOnlyMemory<byte>> batch = [.. Enumerable.Range(0, size).Select(model.Picture)];
        predictor.Logits(batch);
        long began = Stopwatch.GetTimestamp();
        int done = 0;
        for (; done < pictures; done += size) predictor.Logits(batch);
        return done / Stopwatch.GetElapsedTime(began).TotalSeconds;
    }

    private static async Task<(double PicturesPerSecond, List<double> Seconds)> ClosedAsync(ServedModel model, IActorRef predictor, PredictLoad load)
    {
        int left = load.Pictures;
        long began = Stopwatch.GetTimestamp();
        var seconds = await Task.WhenAll(Enumerable.Range(0, load.Clients).Select(async client =>
        {
            var mine = new List<double>();
            ImmutableArray<ReadOnlyMemory<byte>> picture = [model.Picture(client)];
            while (Interlocked.Decrement(ref left) >= 0)
            {
                long sent = Stopwatch.GetTimestamp();
                await predictor.Ask<Predicted>(new Predict(picture, Patience), Patience).ConfigureAwait(false);
                mine.Add(Stopwatch.GetElapsedTime(sent).TotalSeconds);
            }

            return mine;
        })).ConfigureAwait(false);
        return (load.Pictures / Stopwatch.GetElapsedTime(began).TotalSeconds, [.. seconds.SelectMany(mine => mine)]);
    }

    /// <summary>From the moment that each was due, so that a sender that is late itself hides nothing; and how many were refused, since too many waited.</summary>
    private static async Task<(List<double> Seconds, int Refused)> OpenAsync(ServedModel model, IActorRef predictor, int pictures, double perSecond, ulong round)
    {
        ImmutableArray<ReadOnlyMemory<byte>> picture = [model.Picture(0)];
        int refused = 0;
        var seconds = await Arrivals.AtAsync(perSecond, pictures, round, async _ =>
        {
            switch (await predictor.Ask<object>(new Predict(picture, Patience), Patience).ConfigureAwait(false))
            {
                case Predicted: break;
                case PredictionRefused: Interlocked.Increment(ref refused); break;
                case var other: throw new EngineException($"The model did not answer: {other}");
            }
        }).ConfigureAwait(false);
        return (seconds, refused);
    }
}
