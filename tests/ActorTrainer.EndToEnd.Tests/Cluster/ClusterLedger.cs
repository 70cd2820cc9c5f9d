using System.Text.Json.Nodes;
using ActorTrainer.EndToEnd.Tests.Processes;

namespace ActorTrainer.EndToEnd.Tests.Cluster;

/// <summary>The ledgers of all nodes together. A node that was lost keeps lines of steps that others have repeated: of each shard of a step the newest generation's count.</summary>
internal static class ClusterLedger
{
    public static void HasEverySampleOfEveryEpochOnce(Workshop workshop, Workshop reference)
    {
        var counted = Directory.GetFiles(workshop.Run.Folder.Path, "ledger*.jsonl")
            .SelectMany(file => File.ReadLines(file)).Where(line => line.EndsWith('}')).Select(line => JsonNode.Parse(line)!.AsObject())
            .GroupBy(line => ((long)line["step"]!, (int)line["shard"]!))
            .SelectMany(shard => shard.Where(line => (int)line["generation"]! == shard.Max(other => (int)other["generation"]!)))
            .Select(Line).Order(StringComparer.Ordinal);
        Assert.Equal(reference.Run.Ledger.Select(Line).Order(StringComparer.Ordinal), counted);
    }

    /// <summary>Of any generation: what was computed once was not computed again.</summary>
    public static void HasNoStepTwice(Workshop workshop)
    {
        var lines = Directory.GetFiles(workshop.Run.Folder.Path, "ledger*.jsonl").SelectMany(file => File.ReadLines(file)).Select(line => JsonNode.Parse(line)!.AsObject()).Select(Line).ToList();
        Assert.Equal(lines.Distinct().Count(), lines.Count);
    }

    private static string Line(JsonObject line) => $"{line["step"]} {line["shard"]} {line["sample"]} {line["crc"]}";
}
