using System.CommandLine;
using ActorTrainer.Client;
using ActorTrainer.Core.Experiments;
using ActorTrainer.Journal;
using ActorTrainer.Terminal;

namespace ActorTrainer.Commands;

/// <summary>Removes one run for good.</summary>
internal static class RemoveCommand
{
    public static readonly string[] Examples = ["actortrainer remove photos.1", "actortrainer remove photos --yes", "actortrainer remove photos --server http://127.0.0.1:4080"];

    public static Command Create(Screen screen)
    {
        var name = CommonOptions.Name();
        var runs = CommonOptions.Runs();
        var yes = CommonOptions.Yes();
        var command = new Command("remove", "Remove a run: its history, checkpoints and files") { name, runs, yes };
        var server = new ServerOptions(command, runs);
        command.SetAction(async (parsed, cancel) =>
        {
            using var client = server.Connect(parsed, screen);
            var (run, agreed) = (parsed.GetRequiredValue(name), parsed.GetValue(yes));
            return client is null ? OfFolder(screen, RunLookup.In(parsed.GetValue(runs)), run, agreed) : await OfClusterAsync(screen, client, CommonOptions.ParseName(run), agreed, cancel).ConfigureAwait(false);
        });
        return command;
    }

    private static int OfFolder(Screen screen, RunLookup lookup, string name, bool yes)
    {
        var run = lookup.Find(name);
        var shelf = new RunShelf(lookup.Runs, TimeProvider.System);
        string bytes = Format.Bytes(shelf.BytesOf(run));
        var experiment = run.Experiment;
        string what = $"'{run.Name}' ({StateText.Of(experiment.Status)}, {Format.Count(experiment.Checkpoints.Length, "checkpoint")}, {bytes})";
        if (!Consent.Given(screen, yes, $"Remove {what} for good?")) return ExitCode.Failed;
        shelf.Remove(run.Name);
        screen.Say($"Removed {what}.");
        return ExitCode.Done;
    }

    private static async Task<int> OfClusterAsync(Screen screen, ActorTrainerClient client, ExperimentName name, bool yes, CancellationToken cancel)
    {
        string state = ClusterNews.StateOf(await client.Experiments.ShowAsync(name.Value, cancel).ConfigureAwait(false));
        if (!Consent.Given(screen, yes, $"Remove '{name}' ({state}) from the cluster for good?")) return ExitCode.Failed;
        await client.Experiments.RemoveAsync(name.Value, cancel).ConfigureAwait(false);
        screen.Say($"Removed '{name}' ({state}).");
        return ExitCode.Done;
    }
}
