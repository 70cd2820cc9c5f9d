using System.CommandLine;
using ActorTrainer.Journal;
using ActorTrainer.Terminal;

namespace ActorTrainer.Commands;

/// <summary>Shows a run of another process as that process shows it.</summary>
internal static class WatchCommand
{
    public static readonly string[] Examples = ["actortrainer watch photos", "actortrainer watch photos --json", "actortrainer watch photos --server http://127.0.0.1:4080"];

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500);

    public static Command Create(Screen screen)
    {
        var name = CommonOptions.Name();
        var json = CommonOptions.Json();
        var runs = CommonOptions.Runs();
        var command = new Command("watch", "Follow a run from another terminal until it ends") { name, json, runs };
        var server = new ServerOptions(command, runs);
        command.SetAction(async (parsed, cancel) =>
        {
            using var client = server.Connect(parsed, screen);
            return client is null
                ? await ExecuteAsync(screen, RunLookup.In(parsed.GetValue(runs)), parsed.GetRequiredValue(name), parsed.GetValue(json), cancel).ConfigureAwait(false)
                : await ClusterView.WatchAsync(screen, client, CommonOptions.ParseName(parsed.GetRequiredValue(name)), parsed.GetValue(json), server.Shown(parsed), null, cancel).ConfigureAwait(false);
        });
        return command;
    }

    private static async Task<int> ExecuteAsync(Screen screen, RunLookup lookup, string name, bool json, CancellationToken cancel)
    {
        var run = lookup.Find(name);
        await using var view = RunView.Open(screen, json, lookup.Runs, TimeProvider.System);
        var follower = new RunFollower(lookup.Runs, run.Name, view, TimeProvider.System);
        using var timer = new PeriodicTimer(Pause);
        try
        {
            while (true)
            {
                if (follower.Look() is { } end) return CodeOf(end);
                await timer.WaitForNextTickAsync(cancel).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            view.Notice($"Only the watching has ended: '{name}' goes on where it is trained.");
            return ExitCode.Interrupted;
        }
    }

    public static int CodeOf(RunEnd end) => end switch { RunEnd.Completed => ExitCode.Done, RunEnd.Paused => ExitCode.Interrupted, _ => ExitCode.Failed };
}
