using System.CommandLine;
using System.Text.Json;
using ActorTrainer.Core;
using ActorTrainer.Torch.Devices;

namespace ActorTrainer.Benchmarks.Overhead;

/// <summary>Steps through the actors against the same steps in a bare loop, in turns, so that what disturbs the machine disturbs both.</summary>
internal static class OverheadCommand
{
    public static Command Create()
    {
        var architecture = new Option<string>("--architecture") { DefaultValueFactory = _ => "lenet5", Description = "A name of the catalogue" };
        var channels = new Option<int>("--channels") { DefaultValueFactory = _ => 1 };
        var image = new Option<int>("--image") { DefaultValueFactory = _ => 32, Description = "Height and width in pixels" };
        var classes = new Option<int>("--classes") { DefaultValueFactory = _ => 10 };
        var batch = new Option<int>("--batch") { DefaultValueFactory = _ => 64 };
        var steps = new Option<int>("--steps") { DefaultValueFactory = _ => 200, Description = "Measured steps a round" };
        var rounds = new Option<int>("--rounds") { DefaultValueFactory = _ => 5, Description = "Rounds of each loop, in turns" };
        var threads = new Option<int>("--threads") { DefaultValueFactory = _ => Environment.ProcessorCount };
        var command = new Command("overhead", "Steps through the actors against a bare TorchSharp loop") { architecture, channels, image, classes, batch, steps, rounds, threads };
        command.SetAction(async (parsed, _) =>
        {
            NativeEnvironment.Prepare();
            var workload = new Workload(parsed.GetValue(architecture)!, parsed.GetValue(channels), parsed.GetValue(image), parsed.GetValue(classes),
                parsed.GetValue(batch), parsed.GetValue(steps), parsed.GetValue(threads));
            var result = await MeasureAsync(workload, parsed.GetValue(rounds)).ConfigureAwait(false);
            Print(result);
            await Console.Out.WriteLineAsync(JsonSerializer.Serialize(result, CoreJson.Options)).ConfigureAwait(false);
        });
        return command;
    }

    /// <summary>One round of each that does not count, then <paramref name="rounds"/> of each in turns.</summary>
    public static async Task<OverheadResult> MeasureAsync(Workload workload, int rounds)
    {
        using var batches = new ReadyBatches(workload);
        var (actors, bare, session) = (new List<Lap>(), new List<Lap>(), new List<Lap>());
        for (int round = 0; round <= rounds; round++)
        {
            var laps = (await ActorLoop.RunAsync(workload, batches).ConfigureAwait(false),
                await OnOwnThreadAsync(() => BareLoop.Run(workload, batches)).ConfigureAwait(false),
                await OnOwnThreadAsync(() => SessionLoop.Run(workload, batches)).ConfigureAwait(false));
            if (round == 0) continue;
            actors.Add(laps.Item1);
            bare.Add(laps.Item2);
            session.Add(laps.Item3);
        }

        return new(Machine.Here(), workload, Series.Of("actors", actors, workload), Series.Of("bare", bare, workload), Series.Of("session", session, workload),
            Ratio(bare, actors, lap => lap.Seconds), Ratio(bare, actors, lap => lap.CpuSeconds), Ratio(session, actors, lap => lap.Seconds));
    }

    private static Sample Ratio(List<Lap> other, List<Lap> actors, Func<Lap, double> of) => Sample.Of(other.Zip(actors, (o, a) => of(o) / of(a)));

    /// <summary>As a device has it: libtorch's OpenMP team belongs to the thread that first needs it.</summary>
    private static Task<Lap> OnOwnThreadAsync(Func<Lap> run) => Task.Factory.StartNew(run, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    private static void Print(OverheadResult result)
    {
        var (workload, text) = (result.Workload, Console.Error);
        text.WriteLine(result.Machine);
        text.WriteLine($"{workload.Architecture}, batch {workload.BatchSize}, {workload.ImageSize} x {workload.ImageSize} x {workload.Channels}, {workload.Threads} threads, " +
            $"{workload.Steps} steps a round, {result.Actors.Seconds.Count} rounds of each in turns: median (least .. greatest)");
        text.WriteLine($"{"",-10}{"ms a step",28}{"CPU ms a step",28}{"images/s",10}{"2nd loss",12}");
        foreach (var series in new[] { result.Bare, result.Session, result.Actors })
        {
            text.WriteLine($"{series.Loop,-10}{series.Milliseconds.Text("0.00"),28}{series.CpuMilliseconds.Text("0.00"),28}{series.ImagesPerSecond,10:0}{series.SecondLoss,12:0.00000}");
        }

        text.WriteLine($"speed of actors / bare loop: {result.ActorsToBare.Text("0.000")}; by CPU time {result.ActorsToBareByCpu.Text("0.000")}");
        text.WriteLine($"speed of actors / session alone: {result.ActorsToSession.Text("0.000")}");
    }
}

/// <summary>The rounds of one loop.</summary>
/// <param name="Seconds">A step.</param>
/// <param name="CpuSeconds">A step, over all threads of the process.</param>
internal sealed record Series(string Loop, Sample Seconds, Sample CpuSeconds, double ImagesPerSecond, double SecondLoss)
{
    public static Series Of(string loop, List<Lap> laps, Workload workload)
    {
        var seconds = Sample.Of(laps.Select(lap => lap.Seconds));
        return new(loop, seconds, Sample.Of(laps.Select(lap => lap.CpuSeconds)), workload.BatchSize / seconds.Median, laps[^1].SecondLoss);
    }

    internal Sample Milliseconds => Scaled(Seconds);

    internal Sample CpuMilliseconds => Scaled(CpuSeconds);

    private static Sample Scaled(Sample seconds) => new(1000 * seconds.Median, 1000 * seconds.Least, 1000 * seconds.Greatest, seconds.Count);
}

/// <summary>Ratios are of speeds, round by round: below 1 the actors are slower.</summary>
internal sealed record OverheadResult(
    Machine Machine, Workload Workload, Series Actors, Series Bare, Series Session, Sample ActorsToBare, Sample ActorsToBareByCpu, Sample ActorsToSession);
