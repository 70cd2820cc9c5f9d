using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using ActorTrainer.Benchmarks;
using ActorTrainer.Core.Data;
using ActorTrainer.Core.Experiments;
using ActorTrainer.Core.Training;
using ActorTrainer.Hosting;
using ActorTrainer.Terminal;

namespace ActorTrainer.Commands;

/// <summary>What this machine does, in the units of what a user would run instead.</summary>
internal static class BenchCommand
{
    public static readonly string[] Examples =
    [
        "actortrainer bench step --architecture resnet18 --batch 16 --image 224 --threads 2 --precision bf16",
        "actortrainer bench loader ~/photos/train --threads 1,2,4,8 --epochs 3",
        "actortrainer bench collective --world 2 --floats 25000000 --rounds 8",
        "actortrainer bench overhead --architecture resnet18 --channels 3 --image 128 --batch 16 --steps 12",
        "actortrainer bench predict photos --clients 96",
    ];

    public static Command Create(Screen screen, Services services) => new("bench", "Measure parts of the program on this machine")
    {
        Step(screen, services), BenchActorsCommands.Overhead(screen, services), Loader(screen, services), Collective(screen), BenchActorsCommands.Predict(screen, services), CollectiveWorkerCommand(),
    };

    private static Command Step(Screen screen, Services services)
    {
        var architecture = Architecture("resnet18");
        var batch = Number("--batch", "Pictures a step", 16);
        var image = Number("--image", "Height and width of a picture", 224);
        var threads = Threads();
        var precision = new Option<Precision>("--precision") { HelpName = "fp32|tf32|bf16|fp64", Description = "As in the experiment file", DefaultValueFactory = _ => Precision.Fp32 };
        var device = new Option<DeviceChoice>("--device") { HelpName = "auto|cpu|cuda", Description = "On what", DefaultValueFactory = _ => DeviceChoice.Cpu };
        var steps = new Option<int>("--steps") { HelpName = "N", Description = "Steps; the first two do not count", DefaultValueFactory = _ => 7 };
        var json = CommonOptions.Json();
        AtLeast(steps, 3);
        var command = new Command("step", "Time training steps on pictures that stand ready in memory") { architecture, batch, image, threads, precision, device, steps, json };
        command.SetAction(parsed =>
        {
            var engine = services.Engine();
            var workload = new Workload(parsed.GetRequiredValue(architecture), 3, parsed.GetValue(image), 10, parsed.GetValue(batch), parsed.GetValue(steps), parsed.GetValue(threads))
            {
                Precision = parsed.GetValue(precision),
                Device = engine.Resolve(new(parsed.GetValue(device), 1, 1, parsed.GetValue(threads))).For(parsed.GetValue(precision)),
            };
            var result = StepBenchmark.Run(engine, workload, parsed.GetValue(steps));
            screen.Result(parsed.GetValue(json) ? result.ToJson() : result.ToString());
            return ExitCode.Done;
        });
        return command;
    }

    private static Command Loader(Screen screen, Services services)
    {
        var location = new Argument<string>("DATA") { Description = "A data set as in the experiment file: a folder of class folders, a pack, ..." };
        var threads = new Option<int[]>("--threads")
        {
            HelpName = "N[,N]", Description = "Decoding threads; several numbers are measured one after the other", DefaultValueFactory = _ => [Environment.ProcessorCount], CustomParser = Counts,
        };
        var decode = new Option<PictureDecoding>("--decode") { HelpName = "exact|fast", Description = "As in the experiment file", DefaultValueFactory = _ => PictureDecoding.Exact };
        var epochs = new Option<int>("--epochs") { HelpName = "N", Description = "Passes over the data; the first does not count", DefaultValueFactory = _ => 3 };
        var json = CommonOptions.Json();
        AtLeast(epochs, 2);
        var command = new Command("loader", "Time decoding, random resized crops to 224 x 224 and flips, in shuffled batches of 64, and beside it decoding alone")
        {
            location, threads, decode, epochs, json,
        };
        command.SetAction(async (parsed, cancel) =>
        {
            var reader = services.Data();
            using var data = reader.Open(parsed.GetRequiredValue(location), null, DataProgressLine.On(screen), cancel);
            foreach (int count in parsed.GetRequiredValue(threads))
            {
                var result = await LoaderBenchmark.RunAsync(reader, data, count, parsed.GetValue(decode), parsed.GetValue(epochs), cancel).ConfigureAwait(false);
                screen.Result(parsed.GetValue(json) ? result.ToJson() : result.ToString());
            }

            return ExitCode.Done;
        });
        return command;
    }

    private static int[] Counts(ArgumentResult result)
    {
        var counts = new List<int>();
        foreach (string part in result.Tokens[0].Value.Split(','))
        {
            if (int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out int count) && count is > 0 and <= 1024) counts.Add(count);
            else result.AddError($"--threads takes numbers from 1 to 1024 with commas between them, such as 1,2,4; '{part}' is none.");
        }

        return [.. counts];
    }

    internal static Option<string> Architecture(string usual) => new("--architecture") { HelpName = "NAME", Description = "Which model", DefaultValueFactory = _ => usual };

    internal static Option<int> Threads() => Number("--threads", "Threads", Environment.ProcessorCount);

    /// <summary>At least 1.</summary>
    internal static Option<int> Number(string name, string description, int usual)
    {
        var option = new Option<int>(name) { HelpName = "N", Description = description, DefaultValueFactory = _ => usual };
        AtLeast(option, 1);
        return option;
    }

    private static Command Collective(Screen screen)
    {
        var world = new Option<int>("--world") { HelpName = "N", Description = "Processes", DefaultValueFactory = _ => 2 };
        var floats = new Option<int>("--floats") { HelpName = "N", Description = "Length of the vector", DefaultValueFactory = _ => 25_000_000 };
        var rounds = new Option<int>("--rounds") { HelpName = "N", Description = "Sums; the first two do not count", DefaultValueFactory = _ => 8 };
        var transport = new Option<CollectiveTransport>("--transport") { Description = "What they talk by", DefaultValueFactory = _ => CollectiveTransport.Memory };
        var gradients = new Option<GradientPrecision>("--gradients") { HelpName = "full|bf16", Description = "As in the experiment file: 4 bytes a number, or 2", DefaultValueFactory = _ => GradientPrecision.Full };
        var json = CommonOptions.Json();
        AtLeast(world, 2);
        AtLeast(floats, 1);
        AtLeast(rounds, 3);
        var command = new Command("collective", "Time the sum of a vector over processes of this host") { world, floats, rounds, transport, gradients, json };
        command.SetAction(async (parsed, cancel) =>
        {
            var job = new CollectiveJob(parsed.GetValue(world), parsed.GetValue(floats), parsed.GetValue(rounds), parsed.GetValue(transport), parsed.GetValue(gradients));
            var result = await CollectiveBenchmark.RunAsync(job, cancel).ConfigureAwait(false);
            screen.Result(parsed.GetValue(json) ? result.ToJson() : result.ToString());
            return ExitCode.Done;
        });
        return command;
    }

    /// <summary>One of the processes; hidden, since it talks to the command that starts it.</summary>
    private static Command CollectiveWorkerCommand()
    {
        var rank = new Argument<int>("RANK");
        var command = new Command(CollectiveWorker.Command, "One process of 'bench collective'") { rank };
        command.Hidden = true;
        command.SetAction(parsed =>
        {
            CollectiveWorker.Run(parsed.GetValue(rank), Console.In, Console.Out);
            return ExitCode.Done;
        });
        return command;
    }

    private static void AtLeast(Option<int> option, int least) => option.Validators.Add(result =>
    {
        if (result.Tokens.Count == 1 && int.TryParse(result.Tokens[0].Value, out int value) && value < least) result.AddError($"{option.Name} is at least {least}.");
    });
}
