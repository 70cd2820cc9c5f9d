using System.CommandLine;
using ActorTrainer.Benchmarks;
using ActorTrainer.Terminal;

namespace ActorTrainer.Commands;

/// <summary>What this machine does, in the units of what a user would run instead.</summary>
internal static class BenchCommand
{
    public static readonly string[] Examples = ["actortrainer bench collective --world 2 --floats 25000000 --rounds 8"];

    public static Command Create(Screen screen) => new("bench", "Measure parts of the program on this machine") { Collective(screen), CollectiveWorkerCommand() };

    private static Command Collective(Screen screen)
    {
        var world = new Option<int>("--world") { HelpName = "N", Description = "Processes", DefaultValueFactory = _ => 2 };
        var floats = new Option<int>("--floats") { HelpName = "N", Description = "Length of the vector", DefaultValueFactory = _ => 25_000_000 };
        var rounds = new Option<int>("--rounds") { HelpName = "N", Description = "Sums; the first two do not count", DefaultValueFactory = _ => 8 };
        var transport = new Option<CollectiveTransport>("--transport") { Description = "What they talk by", DefaultValueFactory = _ => CollectiveTransport.Memory };
        var json = CommonOptions.Json();
        AtLeast(world, 2);
        AtLeast(floats, 1);
        AtLeast(rounds, 3);
        var command = new Command("collective", "Time the sum of a vector over processes of this host") { world, floats, rounds, transport, json };
        command.SetAction(async (parsed, cancel) =>
        {
            var job = new CollectiveJob(parsed.GetValue(world), parsed.GetValue(floats), parsed.GetValue(rounds), parsed.GetValue(transport));
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
