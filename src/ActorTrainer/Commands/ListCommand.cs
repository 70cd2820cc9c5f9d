using System.CommandLine;
using System.Text.Json;
using ActorTrainer.Core;
using ActorTrainer.Journal;
using ActorTrainer.Terminal;

namespace ActorTrainer.Commands;

/// <summary>What runs there are: a line each.</summary>
internal static class ListCommand
{
    public static readonly string[] Examples = ["actortrainer list", "actortrainer list --json --runs /data/runs", "actortrainer list --server http://127.0.0.1:4080"];

    public static Command Create(Screen screen)
    {
        var runs = CommonOptions.Runs();
        var json = CommonOptions.Json();
        var command = new Command("list", "Show all runs") { runs, json };
        var server = new ServerOptions(command, runs);
        command.SetAction(async (parsed, cancel) =>
        {
            using var client = server.Connect(parsed, screen);
            if (client is not null)
            {
                var there = new List<RunOverview>();
                await foreach (var experiment in client.Experiments.ListAsync(cancel).ConfigureAwait(false)) there.Add(ClusterNews.OverviewOf(experiment));
                return Write(screen, there, parsed.GetValue(json), "No experiments there yet. 'actortrainer submit FILE' hands one over.");
            }

            var lookup = RunLookup.In(parsed.GetValue(runs));
            return Write(screen, [.. lookup.Journal.All().Select(run => RunOverview.Of(run, lookup.Runs[run.Name]))], parsed.GetValue(json),
                $"No runs in {lookup.Runs.Path} yet. 'actortrainer run FILE' starts one.");
        });
        return command;
    }

    private static int Write(Screen screen, List<RunOverview> overviews, bool json, string none)
    {
        if (json)
        {
            foreach (var run in overviews) screen.Result(JsonSerializer.Serialize(run, CoreJson.Readable));
            return ExitCode.Done;
        }

        if (overviews.Count == 0)
        {
            screen.Say(none);
            return ExitCode.Done;
        }

        var table = Tables.Create("name", "state", ">epoch", ">step", ">best top-1", ">test top-1", "last change");
        foreach (var run in overviews)
        {
            table.Row(run.Name.Value, StateText.Of(run), $"{run.Epoch}/{run.Epochs}", $"{Format.Count(run.Step)}/{Format.Count(run.Steps)}",
                run.Best?.Top1 is { } best ? Format.Fraction(best) : "-", run.Test?.Top1 is { } test ? Format.Fraction(test) : "-", Format.Time(run.Updated));
        }

        screen.Out.Write(table);
        return ExitCode.Done;
    }
}
