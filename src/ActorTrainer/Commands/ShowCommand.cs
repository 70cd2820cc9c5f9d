using System.CommandLine;
using System.Text.Json;
using ActorTrainer.Client;
using ActorTrainer.Core;
using ActorTrainer.Core.Experiments;
using ActorTrainer.Journal;
using ActorTrainer.Terminal;

namespace ActorTrainer.Commands;

/// <summary>All about one run.</summary>
internal static class ShowCommand
{
    public static readonly string[] Examples = ["actortrainer show quickstart", "actortrainer show quickstart --json | jq .best.top1"];

    public static Command Create(Screen screen)
    {
        var name = CommonOptions.Name();
        var runs = CommonOptions.Runs();
        var json = CommonOptions.Json();
        var command = new Command("show", "Show a run: state, phases, metrics, checkpoints") { name, runs, json };
        var server = new ServerOptions(command, runs);
        command.SetAction(async (parsed, cancel) =>
        {
            using var client = server.Connect(parsed, screen);
            return client is null
                ? Execute(screen, RunLookup.In(parsed.GetValue(runs)), parsed.GetRequiredValue(name), parsed.GetValue(json))
                : await ExecuteAsync(screen, client, CommonOptions.ParseName(parsed.GetRequiredValue(name)), parsed.GetValue(json), cancel).ConfigureAwait(false);
        });
        return command;
    }

    private static int Execute(Screen screen, RunLookup lookup, string name, bool json)
    {
        var run = lookup.Find(name);
        var folder = lookup.Runs[run.Name];
        var overview = RunOverview.Of(run, folder);
        if (json) screen.Result(RunDetails.Of(overview, run.Experiment, folder).ToJsonString(CoreJson.Readable));
        else RunPage.Write(screen.Out, overview, run.Experiment, folder, Journal.TimeShares.Of(folder));
        return ExitCode.Done;
    }

    private static async Task<int> ExecuteAsync(Screen screen, ActorTrainerClient client, ExperimentName name, bool json, CancellationToken cancel)
    {
        var shown = await client.Experiments.ShowAsync(name.Value, cancel).ConfigureAwait(false);
        if (json)
        {
            screen.Result(JsonSerializer.Serialize(shown.Document, CoreJson.Readable));
            return ExitCode.Done;
        }

        var news = ClusterNews.Of(await client.Experiments.HistoryAsync(name.Value, cancel).ConfigureAwait(false));
        RunPage.Write(screen.Out, ClusterNews.OverviewOf(shown), Experiment.Of(news.Events.Select(entry => entry.Event))!, new(shown.Folder), ClusterNews.SharesOf(shown));
        return ExitCode.Done;
    }
}
