using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;
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
        command.SetAction(parsed => Execute(screen, RunLookup.In(parsed.GetValue(runs)), parsed.GetRequiredValue(name), parsed.GetValue(json)));
        return command;
    }

    private static int Execute(Screen screen, RunLookup lookup, string name, bool json)
    {
        var run = lookup.Find(name);
        var folder = lookup.Runs[run.Name];
        var overview = RunOverview.Of(run, folder);
        if (json) screen.Result(ToJson(overview, run.Experiment, folder).ToJsonString(CoreJson.Readable));
        else RunPage.Write(screen.Out, overview, run.Experiment, folder);
        return ExitCode.Done;
    }

    /// <summary>The line of <c>list</c>, and what there is only of a single run.</summary>
    private static JsonObject ToJson(RunOverview overview, Experiment run, RunFolder folder)
    {
        var json = (JsonObject)JsonSerializer.SerializeToNode(overview, CoreJson.Readable)!;
        json["folder"] = folder.Path;
        json["device"] = Node(run.Definition.Device);
        json["logical_shards"] = run.Definition.LogicalShards;
        json["classes"] = Node(run.Definition.Phases[^1].Classes);
        json["phases"] = Node(run.Definition.Phases);
        json["evaluations"] = Node(run.Evaluations.Select(row => new { row.Step, row.Phase, row.Epoch, row.Metrics.Samples, row.Metrics.Loss, row.Metrics.Top1, row.Metrics.Top5 }));
        json["checkpoints"] = Node(run.Checkpoints.Select(c => new { c.Id, c.Id.Step, c.Id.Generation, c.Bytes, c.Sha256 }));
        json["excluded"] = Node(run.Excluded);
        json["per_class"] = Node(RunScores.ClassesOf(run));
        return json;
    }

    private static JsonNode? Node<T>(T value) => JsonSerializer.SerializeToNode(value, CoreJson.Readable);
}
