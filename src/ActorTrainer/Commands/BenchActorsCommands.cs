using System.CommandLine;
using ActorTrainer.Benchmarks;
using ActorTrainer.Core.Serving;
using ActorTrainer.Core.Training;
using ActorTrainer.Hosting;
using ActorTrainer.Journal;
using ActorTrainer.Terminal;

namespace ActorTrainer.Commands;

/// <summary><c>bench overhead</c> and <c>bench predict</c>: what goes through actors, in turns with the same work in a bare loop.</summary>
internal static class BenchActorsCommands
{
    private const int Classes = 10;

    public static Command Overhead(Screen screen, Services services)
    {
        var (architecture, channels, image) = Model("lenet5", 1, 32);
        var batch = BenchCommand.Number("--batch", "Pictures a step", 64);
        var steps = BenchCommand.Number("--steps", "Steps a round that count; a tenth as many before them do not", 200);
        var rounds = BenchCommand.Number("--rounds", "Rounds of each loop, in turns", 5);
        var threads = BenchCommand.Threads();
        var json = CommonOptions.Json();
        var command = new Command("overhead", "Time steps through the actors against the same steps in a bare TorchSharp loop") { architecture, channels, image, batch, steps, rounds, threads, json };
        command.SetAction(async (parsed, cancel) =>
        {
            var workload = new Workload(parsed.GetRequiredValue(architecture), parsed.GetValue(channels), parsed.GetValue(image), Classes,
                parsed.GetValue(batch), parsed.GetValue(steps), parsed.GetValue(threads));
            var result = await OverheadBenchmark.RunAsync(services.Engine, workload, parsed.GetValue(rounds), cancel).ConfigureAwait(false);
            screen.Result(parsed.GetValue(json) ? result.ToJson() : result.ToString());
            return ExitCode.Done;
        });
        return command;
    }

    public static Command Predict(Screen screen, Services services)
    {
        var reference = new Argument<string?>("NAME") { HelpName = "NAME[@STEP|@best|@last]", Description = "A run, whose model answers; none: a fresh model of --architecture", Arity = ArgumentArity.ZeroOrOne };
        var (architecture, channels, image) = Model("resnet18", 3, 64);
        var clients = BenchCommand.Number("--clients", "Each sends a picture, waits for the answer, and sends the next", 96);
        clients.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() > BatchLimits.Default.Waiting) result.AddError($"--clients is at most {BatchLimits.Default.Waiting}: no more pictures may wait.");
        });
        var pictures = BenchCommand.Number("--pictures", "Pictures a round", 1024);
        var rounds = BenchCommand.Number("--rounds", "Rounds of each, in turns", 5);
        var threads = BenchCommand.Threads();
        var runs = CommonOptions.Runs();
        var json = CommonOptions.Json();
        var command = new Command("predict", "Time predictions that are batched as they come against full batches in a bare loop") { reference, architecture, channels, image, clients, pictures, rounds, threads, runs, json };
        command.SetAction(async (parsed, cancel) =>
        {
            var device = new ResolvedDevice(DeviceKind.Cpu, 0, parsed.GetValue(threads));
            var lookup = RunLookup.In(parsed.GetValue(runs));
            var model = parsed.GetValue(reference) is { } name ? OfRun(lookup, name, device)
                : ServedModel.Fresh(services.Engine(), new(parsed.GetRequiredValue(architecture), parsed.GetValue(channels), parsed.GetValue(image), Classes, 1, 1, device.Threads));
            var load = new PredictLoad(parsed.GetValue(clients), parsed.GetValue(pictures), parsed.GetValue(rounds));
            var result = await PredictBenchmark.RunAsync(services.Engine, new RunWeights(lookup.Runs), model, load, cancel).ConfigureAwait(false);
            screen.Result(parsed.GetValue(json) ? result.ToJson() : result.ToString());
            return ExitCode.Done;
        });
        return command;
    }

    private static ServedModel OfRun(RunLookup lookup, string reference, ResolvedDevice device)
    {
        var (_, _, content) = lookup.FindCheckpoint(reference, CheckpointChoice.Best);
        return new(content.Model, content.State.Weights, device);
    }

    private static (Option<string> Architecture, Option<int> Channels, Option<int> Image) Model(string architecture, int channels, int image) =>
        (BenchCommand.Architecture(architecture), BenchCommand.Number("--channels", "1 for grey, 3 for colour", channels), BenchCommand.Number("--image", "Height and width of a picture", image));
}
