using System.CommandLine;
using System.Text.Json;
using ActorTrainer.Client;
using ActorTrainer.Core;
using ActorTrainer.Core.Experiments;
using ActorTrainer.Journal;
using ActorTrainer.Terminal;
using ActorTrainer.Transport;

namespace ActorTrainer.Commands;

/// <summary>pause, resume and cancel: of a cluster's experiment; for a run of one process they say, or do, what comes nearest.</summary>
internal static class ControlCommands
{
    public static string[] ExamplesOf(string wish) => [$"actortrainer {wish} photos --server http://127.0.0.1:4080"];

    public static Command Pause(Screen screen) => Create(screen, "pause", "Stop an experiment of a cluster with everything saved", "is told to stop once all is saved", (cluster, name, cancel) => cluster.PauseAsync(name, cancel), (lookup, run) =>
        throw new CommandException(RunLock.HolderOf(lookup.Runs[run.Name]) is { } process
            ? $"'{run.Name}' is trained by process {process} of this machine: Ctrl-C there, or 'kill -INT {process}', saves everything and stops."
            : $"'{run.Name}' is {StateText.Of(RunOverview.Of(run, lookup.Runs[run.Name]))}, and no process of this machine trains it. A cluster's is paused with --server URL."));

    public static Command Resume(Screen screen) => Create(screen, "resume", "Let an experiment of a cluster go on", "goes on", (cluster, name, cancel) => cluster.ResumeAsync(name, cancel), (_, run) =>
        throw new CommandException($"'{run.Name}' goes on with the command that began it, 'actortrainer run FILE'; a cluster's with --server URL."));

    public static Command Cancel(Screen screen) => Create(screen, "cancel", "Give an experiment up; its checkpoints stay", "is given up", (cluster, name, cancel) => cluster.CancelAsync(name, cancel), (lookup, run) =>
    {
        if (!run.Experiment.Rests)
        {
            throw new CommandException(run.Experiment.Status is ExperimentStatus.Completed or ExperimentStatus.Cancelled
                ? $"'{run.Name}' is {StateText.Of(run.Experiment.Status)}: there is nothing to give up."
                : $"'{run.Name}' is {StateText.Of(run.Experiment.Status)}. Stop it first (Ctrl-C where it runs), or name its cluster with --server URL.");
        }

        new RunShelf(lookup.Runs, TimeProvider.System).Cancel(run.Name);
    });

    private static Command Create(Screen screen, string wish, string description, string done, Func<ExperimentsClient, string, CancellationToken, Task> remote, Action<RunLookup, RunEntry> local)
    {
        var name = CommonOptions.Name();
        var runs = CommonOptions.Runs();
        var json = CommonOptions.Json();
        var command = new Command(wish, description) { name, runs, json };
        var server = new ServerOptions(command, runs);
        command.SetAction(async (parsed, cancel) =>
        {
            string run = parsed.GetRequiredValue(name);
            using var client = server.Connect(parsed, screen);
            if (client is null)
            {
                var lookup = RunLookup.In(parsed.GetValue(runs));
                local(lookup, lookup.Find(run));
            }
            else await remote(client.Experiments, CommonOptions.ParseName(run).Value, cancel).ConfigureAwait(false);

            if (parsed.GetValue(json)) screen.Result(JsonSerializer.Serialize(new { Name = run, Wish = wish }, CoreJson.Readable));
            else screen.Say($"'{run}' {done}.");
            return ExitCode.Done;
        });
        return command;
    }
}
