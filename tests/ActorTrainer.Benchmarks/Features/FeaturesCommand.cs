using System.CommandLine;
using System.Text.Json;
using ActorTrainer.Core;
using ActorTrainer.Torch;
using ActorTrainer.Torch.Devices;
using ActorTrainer.Torch.Models;

namespace ActorTrainer.Benchmarks.Features;

/// <summary>An epoch of a head on features in the cache, through the actors, against the same head on the same features in memory in a bare loop; in turns.</summary>
internal static class FeaturesCommand
{
    public static Command Create()
    {
        var architecture = new Option<string>("--architecture") { DefaultValueFactory = _ => "resnet18", Description = "A name of the catalogue, whose head is trained" };
        var classes = new Option<int>("--classes") { DefaultValueFactory = _ => 12 };
        var batch = new Option<int>("--batch") { DefaultValueFactory = _ => 64 };
        var steps = new Option<int>("--steps") { DefaultValueFactory = _ => 500, Description = "Measured steps of the epoch" };
        var rounds = new Option<int>("--rounds") { DefaultValueFactory = _ => 5, Description = "Rounds of each loop, in turns" };
        var threads = new Option<int>("--threads") { DefaultValueFactory = _ => Environment.ProcessorCount };
        var command = new Command("features", "A head on cached features against the same head on features in memory") { architecture, classes, batch, steps, rounds, threads };
        command.SetAction(async (parsed, _) =>
        {
            NativeEnvironment.Prepare();
            var result = await MeasureAsync(parsed.GetValue(architecture)!, parsed.GetValue(classes), parsed.GetValue(batch), parsed.GetValue(steps), parsed.GetValue(threads), parsed.GetValue(rounds))
                .ConfigureAwait(false);
            Print(result);
            await Console.Out.WriteLineAsync(JsonSerializer.Serialize(result, CoreJson.Options)).ConfigureAwait(false);
        });
        return command;
    }

    /// <summary>One round of each that does not count, then <paramref name="rounds"/> of each in turns.</summary>
    public static async Task<FeaturesResult> MeasureAsync(string architecture, int classes, int batch, int steps, int threads, int rounds)
    {
        var workload = new Workload(architecture, Channels: 3, ImageSize: 64, classes, batch, steps, threads);
        using (var model = ModelFactory.Build(workload.Description, new(new()))) workload = workload with { FeatureBytes = model.FeatureCount * sizeof(float) };
        using var features = new KeptFeatures(workload);
        var (cached, bare) = (new List<Lap>(), new List<Lap>());
        for (int round = 0; round <= rounds; round++)
        {
            var fromCache = await ActorLoop.RunAsync(new TorchEngine(), workload, features).ConfigureAwait(false);
            var inMemory = await Task.Factory.StartNew(() => HeadLoop.Run(workload, features), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default).ConfigureAwait(false);
            if (round == 0) continue;
            cached.Add(fromCache);
            bare.Add(inMemory);
        }

        return new(Machine.Here(), workload, Of(cached, lap => lap.MeanSeconds), Of(bare, lap => lap.MeanSeconds), Of(cached, lap => lap.CpuSeconds), Of(bare, lap => lap.CpuSeconds),
            Sample.Of(bare.Zip(cached, (memory, cache) => memory.MeanSeconds / cache.MeanSeconds)), cached[^1].SecondLoss, bare[^1].SecondLoss);

        static Sample Of(List<Lap> laps, Func<Lap, double> of) => Sample.Of(laps.Select(of));
    }

    private static void Print(FeaturesResult result)
    {
        var (workload, text) = (result.Workload, Console.Error);
        text.WriteLine(result.Machine);
        text.WriteLine($"head of {workload.Architecture} ({workload.FeatureBytes / sizeof(float)} features, {workload.Classes} classes), batch {workload.BatchSize}, {workload.Threads} threads, " +
            $"an epoch of {workload.Steps} steps, {result.Cached.Count} rounds of each in turns: mean of an epoch's steps, median (least .. greatest) over rounds");
        text.WriteLine($"{"",-12}{"ms a step",28}{"CPU ms a step",28}{"2nd loss",12}");
        text.WriteLine($"{"in memory",-12}{Milliseconds(result.InMemory),28}{Milliseconds(result.InMemoryCpu),28}{result.InMemorySecondLoss,12:0.00000}");
        text.WriteLine($"{"cached",-12}{Milliseconds(result.Cached),28}{Milliseconds(result.CachedCpu),28}{result.CachedSecondLoss,12:0.00000}");
        text.WriteLine($"speed of an epoch cached / in memory: {result.CachedToInMemory.Text("0.000")}");
    }

    private static string Milliseconds(Sample seconds) => seconds.Times(1000).Text("0.000");
}

/// <summary>Seconds of a step. The ratio is of speeds, round by round: below 1 the cache is slower.</summary>
internal sealed record FeaturesResult(
    Machine Machine, Workload Workload, Sample Cached, Sample InMemory, Sample CachedCpu, Sample InMemoryCpu, Sample CachedToInMemory, double CachedSecondLoss, double InMemorySecondLoss);
