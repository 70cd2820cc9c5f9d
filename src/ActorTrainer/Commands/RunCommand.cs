using System.CommandLine;
using ActorTrainer.Hosting;
using ActorTrainer.Terminal;

namespace ActorTrainer.Commands;

/// <summary>Trains here, and shows how it goes. What training is stands behind <see cref="RunExperiment"/>.</summary>
internal static class RunCommand
{
    public static readonly string[] Examples =
    [
        "actortrainer run config/quickstart.conf",
        "actortrainer run photos.conf --set experiment.seed=2 --set experiment.name=photos-2",
        "actortrainer run photos.conf --fresh --yes",
    ];

    public static Command Create(Screen screen, Services services)
    {
        var file = new Argument<string>("FILE") { Description = "The experiment file" };
        var set = CommonOptions.Set();
        var fresh = new Option<bool>("--fresh") { Description = "Begin anew; an earlier run of this name is set aside, never deleted" };
        var from = new Option<string?>("--from") { HelpName = "NAME[@STEP|@best|@last]", Description = "Begin from a checkpoint of another run, under a new name" };
        var machine = new Option<bool>("--accept-machine") { Description = "Go on although this machine computes other bits than the one the run was begun on" };
        var runs = CommonOptions.Runs();
        var yes = CommonOptions.Yes();
        var json = CommonOptions.Json();
        var command = new Command("run", "Train; run it again and it resumes") { file, set, fresh, from, machine, runs, yes, json };
        command.SetAction(async (parsed, cancel) =>
        {
            var folder = RunsFolder.Choose(parsed.GetValue(runs));
            var request = new RunRequest(parsed.GetRequiredValue(file), [.. parsed.GetRequiredValue(set)], folder, parsed.GetValue(fresh), parsed.GetValue(from), parsed.GetValue(machine));
            if (request.Fresh && !MayBeginAnew(screen, request, parsed.GetValue(yes))) return ExitCode.Failed;
            using var traces = TraceExport.Start("run");
            await using var view = RunView.Open(screen, parsed.GetValue(json), folder, TimeProvider.System);
            return await services.Train(request, view, cancel).ConfigureAwait(false);
        });
        return command;
    }

    /// <summary>Asks only where there is something to set aside.</summary>
    private static bool MayBeginAnew(Screen screen, RunRequest request, bool yes)
    {
        var lookup = new RunLookup(request.Runs);
        var name = ConfigurationReader.Read(screen, request.File, request.Overrides).Settings.Name;
        return lookup.Journal.Load(name) is not { } earlier
            || Consent.Given(screen, yes, $"Set the earlier run '{name}' ({StateText.Of(earlier.Status)}, step {earlier.Newest?.Id.Step ?? default}) aside and begin anew?");
    }
}
