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

    public static Command Create(Screen screen, RunExperiment train)
    {
        var file = new Argument<string>("FILE") { Description = "The experiment file" };
        var set = CommonOptions.Set();
        var fresh = new Option<bool>("--fresh") { Description = "Begin anew; an earlier run of this name is set aside, never deleted" };
        var from = new Option<string?>("--from") { HelpName = "NAME[@STEP|@best|@last]", Description = "Begin from a checkpoint of another run, under a new name" };
        var runs = CommonOptions.Runs();
        var yes = CommonOptions.Yes();
        var json = CommonOptions.Json();
        var command = new Command("run", "Train; run it again and it resumes") { file, set, fresh, from, runs, yes, json };
        command.SetAction(async (parsed, cancel) =>
        {
            var folder = RunsFolder.Choose(parsed.GetValue(runs));
            bool overwrite = parsed.GetValue(fresh);
            var request = new RunRequest(parsed.GetRequiredValue(file), [.. parsed.GetRequiredValue(set)], folder.Path, overwrite, parsed.GetValue(from));
            await using var view = RunView.Open(screen, parsed.GetValue(json), folder, TimeProvider.System);
            return await train(request, view, cancel).ConfigureAwait(false);
        });
        return command;
    }
}
