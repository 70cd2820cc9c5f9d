using System.Collections.Immutable;
using System.CommandLine;
using System.Text.Json;
using ActorTrainer.Core;
using ActorTrainer.Torch;
using ActorTrainer.Torch.Devices;

namespace ActorTrainer.Benchmarks.Network;

/// <summary>What a network between two trainers costs, and what is saved by beginning before the step is computed, and by half of the bytes; in turns.</summary>
internal static class NetworkCommand
{
    public static Command Create()
    {
        var architecture = new Option<string>("--architecture") { DefaultValueFactory = _ => "resnet18" };
        var batch = new Option<int>("--batch") { DefaultValueFactory = _ => 8, Description = "Pictures a trainer and step" };
        var image = new Option<int>("--image") { DefaultValueFactory = _ => 128, Description = "Pixels of a side" };
        var rate = new Option<double>("--gbit") { DefaultValueFactory = _ => 1, Description = "What the network carries, in Gbit/s, each way" };
        var steps = new Option<int>("--steps") { DefaultValueFactory = _ => 10, Description = "Steps; the first two do not count" };
        var rounds = new Option<int>("--rounds") { DefaultValueFactory = _ => 5, Description = "Of each, in turns" };
        var command = new Command("network", "Two trainers with a slow network between them") { architecture, batch, image, rate, steps, rounds };
        command.SetAction(async (parsed, _) =>
        {
            NativeEnvironment.Prepare();
            var workload = new Workload(parsed.GetValue(architecture)!, Channels: 3, parsed.GetValue(image), Classes: 10, 2 * parsed.GetValue(batch), parsed.GetValue(steps), Threads: 1);
            var result = await MeasureAsync(workload, parsed.GetValue(rate), parsed.GetValue(rounds)).ConfigureAwait(false);
            Print(result);
            await Console.Out.WriteLineAsync(JsonSerializer.Serialize(result, CoreJson.Options)).ConfigureAwait(false);
        });
        return command;
    }

    public static async Task<NetworkResult> MeasureAsync(Workload workload, double gbit, int rounds)
    {
        var trainers = new TwoTrainers(new TorchEngine(), workload, gbit * 1e9 / 8);
        var apart = new List<double>();
        var together = Enum.GetValues<Exchanging>().ToDictionary(how => how, _ => new List<double>());
        for (int round = 0; round < rounds; round++)
        {
            apart.Add(await trainers.ApartAsync().ConfigureAwait(false));
            foreach (var (how, seconds) in together) seconds.Add(await trainers.StepAsync(how).ConfigureAwait(false));
        }

        return new(Machine.Here(), workload, gbit, Sample.Of(apart), [.. together.Select(of => new NetworkRow(of.Key, Sample.Of(of.Value), Sample.Of(of.Value.Zip(apart, (with, without) => without / with))))]);
    }

    private static void Print(NetworkResult result)
    {
        var (workload, text) = (result.Workload, Console.Error);
        text.WriteLine(result.Machine);
        text.WriteLine($"{workload.Architecture}, batch {workload.BatchSize / 2} a trainer, {workload.ImageSize} x {workload.ImageSize}, fp32, one thread a trainer, {result.Gbit:0.##} Gbit/s each way, "
            + $"{result.Apart.Count} rounds in turns: median step, median (least .. greatest) over rounds");
        text.WriteLine($"{"",-44}{"ms a step",28}{"speed / apart",28}");
        text.WriteLine($"{"apart, nothing exchanged",-44}{result.Apart.Times(1000).Text("0"),28}");
        foreach (var row in result.Rows) text.WriteLine($"{Name(row.How),-44}{row.Seconds.Times(1000).Text("0"),28}{row.ToApart.Text("0.00"),28}");
    }

    private static string Name(Exchanging how) => how switch
    {
        Exchanging.FullWhole => "gradients in fp32, after the step",
        Exchanging.FullEarly => "gradients in fp32, from the seam on",
        Exchanging.Bf16Whole => "gradients in bf16, after the step",
        _ => "gradients in bf16, from the seam on",
    };
}

/// <param name="Apart">Seconds of a step of two trainers that exchange nothing.</param>
internal sealed record NetworkResult(Machine Machine, Workload Workload, double Gbit, Sample Apart, ImmutableArray<NetworkRow> Rows);

/// <param name="ToApart">The speed by that of two that exchange nothing, round by round.</param>
internal sealed record NetworkRow(Exchanging How, Sample Seconds, Sample ToApart);
