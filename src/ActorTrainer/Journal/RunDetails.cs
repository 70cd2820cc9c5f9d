using System.Text.Json;
using System.Text.Json.Nodes;
using ActorTrainer.Core;
using ActorTrainer.Core.Experiments;

namespace ActorTrainer.Journal;

/// <summary>A run as JSON, for <c>show --json</c> and the API: the line of <c>list</c>, and what there is only of a single run.</summary>
internal static class RunDetails
{
    public static JsonObject Of(RunOverview overview, Experiment run, RunFolder folder)
    {
        var json = (JsonObject)JsonSerializer.SerializeToNode(overview, CoreJson.Readable)!;
        json["folder"] = folder.Path;
        json["checkpoint_store"] = run.Definition.CheckpointStore;
        json["device"] = Node(run.Definition.Device);
        json["logical_shards"] = run.Definition.LogicalShards;
        json["classes"] = Node(run.Definition.Phases[^1].Classes);
        json["phases"] = Node(run.Definition.Phases);
        json["evaluations"] = Node(run.Evaluations.Select(row => new { row.Step, row.Phase, row.Epoch, row.Metrics.Samples, row.Metrics.Loss, row.Metrics.Top1, row.Metrics.Top5 }));
        json["checkpoints"] = Node(run.Checkpoints.Select(c => new { c.Id, c.Id.Step, c.Id.Generation, c.Bytes, c.Sha256 }));
        json["excluded"] = Node(run.Excluded);
        json["time"] = Node(TimeShares.Of(folder));
        json["model"] = run.Definition.Name.Value;      // the one that it is a version of, whatever name it has now
        json["per_class"] = Node(RunScores.ClassesOf(run));
        return json;
    }

    private static JsonNode? Node<T>(T value) => JsonSerializer.SerializeToNode(value, CoreJson.Readable);
}
