using System.CommandLine;
using System.Text.Json;
using ActorTrainer.Core;
using ActorTrainer.Journal;
using ActorTrainer.Terminal;

namespace ActorTrainer.Commands;

/// <summary>What runs there are: a line each.</summary>
internal static class ListCommand
{
    public static readonly string[] Examples = ["actortrainer list", "actortrainer list --json --runs /data/runs"];

    public static Command Create(Screen screen)
    {
        var runs = CommonOptions.Runs();
        var json = CommonOptions.Json();
        var command = new Command("list", "Show all runs") { runs, json };
        command.SetAction(parsed => Execute(screen, RunLookup.In(parsed.GetValue(runs)), parsed.GetValue(json)));
        return command;
    }

    private static int Execute(Screen screen, RunLookup lookup, bool json)
    {
        var overviews = lookup.Journal.All().Select(run => RunOverview.Of(run, lookup.Runs[run.Name])).ToList();
        if (json)
        {
            foreach (var run in overviews) screen.Result(JsonSerializer.Serialize(run, CoreJson.Readable));
            return ExitCode.Done;
        }

        if (overviews.Count == 0)
        {
            screen.Say($"No runs in {lookup.Runs.Path} yet. 'actortrainer run FILE' starts one.");
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
