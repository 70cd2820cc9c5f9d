using System.CommandLine;
using ActorTrainer.Client;
using ActorTrainer.Core.Experiments;
using ActorTrainer.Journal;
using ActorTrainer.Terminal;

namespace ActorTrainer.Commands;

/// <summary>What the run wrote of its work, while it goes on too.</summary>
internal static class LogsCommand
{
    public static readonly string[] Examples = ["actortrainer logs quickstart", "actortrainer logs quickstart --tail 50 --follow"];

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(300);

    public static Command Create(Screen screen)
    {
        var name = CommonOptions.Name();
        var runs = CommonOptions.Runs();
        var tail = new Option<int?>("--tail", "-n") { HelpName = "LINES", Description = "Only the last lines" };
        var follow = new Option<bool>("--follow", "-f") { Description = "Go on as lines come, until Ctrl-C" };
        var command = new Command("logs", "Print a run's log") { name, runs, tail, follow };
        var server = new ServerOptions(command, runs);
        command.SetAction(async (parsed, cancel) =>
        {
            using var client = server.Connect(parsed, screen);
            return client is null
                ? await Execute(screen, RunLookup.In(parsed.GetValue(runs)), parsed.GetRequiredValue(name), parsed.GetValue(tail), parsed.GetValue(follow), cancel).ConfigureAwait(false)
                : await ExecuteAsync(screen, client, CommonOptions.ParseName(parsed.GetRequiredValue(name)), parsed.GetValue(tail), parsed.GetValue(follow), cancel).ConfigureAwait(false);
        });
        return command;
    }

    private static async Task<int> Execute(Screen screen, RunLookup lookup, string name, int? tail, bool follow, CancellationToken cancel)
    {
        if (tail < 0) throw new UsageException("--tail: a number of lines, 0 or more, is needed.");
        var run = lookup.Runs[CommonOptions.ParseName(name)];
        if (!File.Exists(run.Log))
        {
            if (follow || !RunLogs.Read(lookup.Runs, new(name), tail).Any()) throw NoLog(lookup, name, run);
            foreach (string line in RunLogs.Read(lookup.Runs, new(name), tail)) screen.Result(line);
            return ExitCode.Done;
        }

        using var reader = new StreamReader(new FileStream(run.Log, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete));
        await PrintAsync(screen, reader, tail, cancel).ConfigureAwait(false);
        if (!follow) return ExitCode.Done;
        using var timer = new PeriodicTimer(Pause);
        while (await timer.WaitForNextTickAsync(cancel).ConfigureAwait(false)) await PrintAsync(screen, reader, null, cancel).ConfigureAwait(false);
        return ExitCode.Done;
    }

    private static async Task<int> ExecuteAsync(Screen screen, ActorTrainerClient client, ExperimentName name, int? tail, bool follow, CancellationToken cancel)
    {
        if (tail < 0) throw new UsageException("--tail: a number of lines, 0 or more, is needed.");
        if (follow) throw new UsageException("--follow: a cluster's logs are printed as they are; 'actortrainer watch' follows an experiment.");
        string text = await client.Experiments.LogsAsync(name.Value, tail, cancel).ConfigureAwait(false);
        if (text.Length > 0) screen.Result(text.TrimEnd('\n'));
        return ExitCode.Done;
    }

    private static async Task PrintAsync(Screen screen, StreamReader reader, int? tail, CancellationToken cancel)
    {
        var last = new Queue<string>();
        while (await reader.ReadLineAsync(cancel).ConfigureAwait(false) is { } line)
        {
            if (tail is not { } wanted)
            {
                screen.Result(line);
                continue;
            }

            last.Enqueue(line);
            if (last.Count > wanted) last.Dequeue();
        }

        foreach (string line in last) screen.Result(line);
    }

    private static Exception NoLog(RunLookup lookup, string name, RunFolder run)
    {
        lookup.Find(name);      // says that there is no such run, and which there are
        return new CommandException($"The run '{name}' has no log yet: {run.Log} is not there.");
    }
}
