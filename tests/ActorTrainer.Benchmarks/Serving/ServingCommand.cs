using System.Collections.Immutable;
using System.CommandLine;
using System.Diagnostics;
using System.Text.Json;
using ActorTrainer.Actors.Hosting;
using ActorTrainer.Actors.Serving;
using ActorTrainer.Core;
using ActorTrainer.Core.Models;
using ActorTrainer.Core.Registry;
using ActorTrainer.Core.Serving;
using ActorTrainer.Torch.Devices;
using Akka.Actor;
using static ActorTrainer.Actors.Serving.PredictorProtocol;
using static ActorTrainer.Actors.Serving.ServingProtocol;

namespace ActorTrainer.Benchmarks.Serving;

/// <summary>
/// Pictures that come one by one from many clients, batched by the actors, against the same model that is handed full batches in a loop; in turns, so that what
/// disturbs the machine disturbs both. Without HTTP and decoding: those are on other threads.
/// </summary>
internal static class ServingCommand
{
    private static readonly ModelVersionId Version = new(new("measured"), "one");

    public static Command Create()
    {
        var architecture = new Option<string>("--architecture") { DefaultValueFactory = _ => "resnet18", Description = "A name of the catalogue" };
        var channels = new Option<int>("--channels") { DefaultValueFactory = _ => 3 };
        var image = new Option<int>("--image") { DefaultValueFactory = _ => 64, Description = "Height and width in pixels" };
        var clients = new Option<int>("--clients") { DefaultValueFactory = _ => 96, Description = "Each sends a picture, waits for the answer, and sends the next" };
        var pictures = new Option<int>("--pictures") { DefaultValueFactory = _ => 1024, Description = "A round" };
        var rounds = new Option<int>("--rounds") { DefaultValueFactory = _ => 5, Description = "Rounds of each, in turns" };
        var threads = new Option<int>("--threads") { DefaultValueFactory = _ => Environment.ProcessorCount };
        var command = new Command("serving", "Dynamic batching against full batches in a bare loop") { architecture, channels, image, clients, pictures, rounds, threads };
        command.SetAction(async (parsed, _) =>
        {
            NativeEnvironment.Prepare();
            var model = new ServedModel(parsed.GetValue(architecture)!, parsed.GetValue(channels), parsed.GetValue(image), 10, parsed.GetValue(threads));
            var result = await MeasureAsync(model, parsed.GetValue(clients), parsed.GetValue(pictures), parsed.GetValue(rounds)).ConfigureAwait(false);
            Print(result);
            await Console.Out.WriteLineAsync(JsonSerializer.Serialize(result, CoreJson.Options)).ConfigureAwait(false);
        });
        return command;
    }

    /// <summary>One round of each that does not count, then <paramref name="rounds"/> of each in turns.</summary>
    public static async Task<ServingResult> MeasureAsync(ServedModel model, int clients, int pictures, int rounds)
    {
        var weights = model.Weights();
        var limits = BatchLimits.Default;
        var system = ActorTrainerSystem.StartServing(new(""));
        try
        {
            var serving = system.ActorOf(ServingActor.Props(new(_ => () => model.Open(weights), limits, 1, TimeProvider.System)));
            await serving.Ask<VersionPrepared>(new PrepareVersion(Version)).ConfigureAwait(false);
            var predictor = (await serving.Ask<PredictorFound>(new FindPredictor(Version, false)).ConfigureAwait(false)).Predictor;
            var (bare, batched, latencies) = (new List<double>(), new List<double>(), new List<double>());
            for (int round = 0; round <= rounds; round++)
            {
                double inLoop = await Task.Factory.StartNew(() => Bare(model, weights, limits.Size, pictures), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default).ConfigureAwait(false);
                var (fromActors, seconds) = await BatchedAsync(model, predictor, clients, pictures).ConfigureAwait(false);
                if (round == 0) continue;
                bare.Add(inLoop);
                batched.Add(fromActors);
                latencies.AddRange(seconds);
            }

            latencies.Sort();
            return new(Machine.Here(), model, clients, limits.Size, Sample.Of(bare), Sample.Of(batched), Sample.Of(bare.Zip(batched, (loop, actors) => actors / loop)),
                latencies[latencies.Count / 2], latencies[latencies.Count * 99 / 100]);
        }
        finally
        {
            await system.Terminate().ConfigureAwait(false);
        }
    }

    /// <summary>Pictures a second.</summary>
    private static double Bare(ServedModel model, ImmutableArray<NamedTensor> weights, int size, int pictures)
    {
        using var predictor = model.Open(weights);
        ImmutableArray<ReadOnlyMemory<byte>> batch = [.. Enumerable.Range(0, size).Select(model.Picture)];
        predictor.Logits(batch);
        long began = Stopwatch.GetTimestamp();
        int done = 0;
        for (; done < pictures; done += size) predictor.Logits(batch);
        return done / Stopwatch.GetElapsedTime(began).TotalSeconds;
    }

    private static async Task<(double PicturesPerSecond, List<double> Seconds)> BatchedAsync(ServedModel model, IActorRef predictor, int clients, int pictures)
    {
        int left = pictures;
        long began = Stopwatch.GetTimestamp();
        var seconds = await Task.WhenAll(Enumerable.Range(0, clients).Select(async client =>
        {
            var mine = new List<double>();
            ImmutableArray<ReadOnlyMemory<byte>> picture = [model.Picture(client)];
            while (Interlocked.Decrement(ref left) >= 0)
            {
                long sent = Stopwatch.GetTimestamp();
                await predictor.Ask<Predicted>(new Predict(picture, TimeSpan.FromMinutes(5)), TimeSpan.FromMinutes(5)).ConfigureAwait(false);
                mine.Add(Stopwatch.GetElapsedTime(sent).TotalSeconds);
            }

            return mine;
        })).ConfigureAwait(false);
        return (pictures / Stopwatch.GetElapsedTime(began).TotalSeconds, [.. seconds.SelectMany(mine => mine)]);
    }

    private static void Print(ServingResult result)
    {
        var (model, text) = (result.Model, Console.Error);
        text.WriteLine(result.Machine);
        text.WriteLine($"{model.Architecture}, {model.ImageSize} x {model.ImageSize} x {model.Channels}, {model.Threads} threads, {result.Clients} clients, batches of at most {result.BatchSize}, " +
            $"{result.Bare.Count} rounds of each in turns: median (least .. greatest)");
        text.WriteLine($"pictures a second in a bare loop of full batches: {result.Bare.Text("0.0")}");
        text.WriteLine($"pictures a second batched as they come:           {result.Batched.Text("0.0")}");
        text.WriteLine($"batched / bare: {result.Ratio.Text("0.000")}; a request took {1000 * result.MedianSeconds:0} ms, the slowest hundredth {1000 * result.SlowSeconds:0} ms or more");
    }
}

/// <param name="Bare">Pictures a second.</param>
/// <param name="Batched">Pictures a second.</param>
/// <param name="Ratio">Round by round: below 1 the actors are slower.</param>
/// <param name="MedianSeconds">From a request to its answer.</param>
/// <param name="SlowSeconds">Of the hundredth that took longest, the quickest.</param>
internal sealed record ServingResult(
    Machine Machine, ServedModel Model, int Clients, int BatchSize, Sample Bare, Sample Batched, Sample Ratio, double MedianSeconds, double SlowSeconds);
