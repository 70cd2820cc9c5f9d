using System.Collections.Immutable;
using System.CommandLine;
using System.Text.Json;
using ActorTrainer.Core;
using ActorTrainer.Hosting;
using ActorTrainer.Torch.Devices;

namespace ActorTrainer.Benchmarks.Memory;

/// <summary>What a run holds early and late: whatever leaks a little at each step shows.</summary>
internal static class MemoryCommand
{
    public static Command Create()
    {
        var file = new Argument<string>("FILE") { Description = "An experiment file with more steps than the last that is looked at" };
        var set = new Option<string[]>("--set") { HelpName = "PATH=VALUE", Description = "Change a key of the file; can be repeated", DefaultValueFactory = _ => [] };
        var at = new Option<long[]>("--at") { Description = "Steps to look at", AllowMultipleArgumentsPerToken = true, DefaultValueFactory = _ => [100, 250, 500, 1000] };
        var command = new Command("memory", "Resident memory, tensors, threads and handles of a real run, by step") { file, set, at };
        command.SetAction(async (parsed, _) =>
        {
            NativeEnvironment.Prepare();
            var result = await MeasureAsync(parsed.GetValue(file)!, [.. parsed.GetValue(set)!], [.. parsed.GetValue(at)!.Order()]).ConfigureAwait(false);
            Print(result);
            await Console.Out.WriteLineAsync(JsonSerializer.Serialize(result, CoreJson.Options)).ConfigureAwait(false);
        });
        return command;
    }

    public static async Task<MemoryResult> MeasureAsync(string file, ImmutableArray<string> overrides, ImmutableArray<long> steps)
    {
        string runs = Directory.CreateTempSubdirectory("actortrainer-memory-").FullName;
        try
        {
            using var observer = new FootprintObserver(steps);
            await LocalRun.Default(new(file, overrides, new(runs), Fresh: false, From: null), observer, observer.Enough).ConfigureAwait(false);
            if (observer.Failure is { } failure) throw new InvalidOperationException(failure);
            var seen = observer.Footprints;
            if (seen.Length < steps.Length) throw new InvalidOperationException($"The run ended before step {steps[seen.Length]}: give it more epochs with --set.");
            return new(Machine.Here(), seen, (double)seen[^1].ResidentBytes / seen[0].ResidentBytes);
        }
        finally
        {
            Directory.Delete(runs, recursive: true);
        }
    }

    private static void Print(MemoryResult result)
    {
        var text = Console.Error;
        text.WriteLine(result.Machine);
        text.WriteLine($"{"step",8}{"resident MB",14}{"managed MB",14}{"tensors",10}{"threads",10}{"handles",10}");
        foreach (var seen in result.Footprints)
            text.WriteLine($"{seen.Step,8}{seen.ResidentBytes / 1e6,14:0.0}{seen.ManagedBytes / 1e6,14:0.0}{seen.Tensors,10}{seen.Threads,10}{seen.Handles,10}");
        text.WriteLine($"resident, last / first: {result.LastToFirst:0.000}");
    }
}

/// <param name="LastToFirst">Resident memory at the last step looked at, by that at the first.</param>
internal sealed record MemoryResult(Machine Machine, ImmutableArray<Footprint> Footprints, double LastToFirst);
