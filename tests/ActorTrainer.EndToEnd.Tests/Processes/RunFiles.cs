using System.Text.Json.Nodes;
using ActorTrainer.Core.Checkpoints;
using ActorTrainer.Core.Experiments;
using ActorTrainer.Transport.Checkpoints;

namespace ActorTrainer.EndToEnd.Tests.Processes;

/// <summary>A run as it stands on disk, read as a user's script would read it.</summary>
internal sealed record RunFiles(RunFolder Folder)
{
    public IReadOnlyList<JsonObject> Metrics => Lines(Folder.Metrics);

    public IReadOnlyList<JsonObject> Evaluations => Lines(Folder.Evaluations);

    public IReadOnlyList<JsonObject> Ledger => Lines(Folder.Ledger);

    /// <summary>Steps whose lines have reached the file: a process may be writing it.</summary>
    public int StepsOnDisk => File.Exists(Folder.Metrics) ? File.ReadLines(Folder.Metrics).Count() : 0;

    /// <summary>Checkpoints that have their name, oldest first.</summary>
    public IReadOnlyList<CheckpointId> Checkpoints => new FolderCheckpointStore(Folder.CheckpointFolder).List();

    public string this[CheckpointId id] => Path.Combine(Folder.CheckpointFolder, id.ToString());

    /// <summary>
    /// What a completed run must leave whatever it went through: the same steps, samples, pixels and evaluations as a run that went through nothing, each
    /// once, whole checkpoints, and not a file more.
    /// </summary>
    public void IsAsWholeAs(RunFiles reference)
    {
        Assert.Equal(reference.Metrics.Select(Step), Metrics.Select(Step));
        Assert.Equal(reference.Metrics.Select(WithoutSpeed), Metrics.Select(WithoutSpeed));
        Assert.Equal(reference.Evaluations.Select(Text), Evaluations.Select(Text));
        if (File.Exists(Folder.Ledger))
        {
            HasEverySampleOfEveryEpochOnce();
            Assert.Equal(reference.Ledger.Select(WithoutGeneration), Ledger.Select(WithoutGeneration));
        }

        HasNoLeftovers();
    }

    /// <summary>The ledger on its own, held against nothing but itself.</summary>
    public void HasEverySampleOfEveryEpochOnce()
    {
        var epochs = Ledger.GroupBy(line => (int)line["epoch"]!).ToDictionary(epoch => epoch.Key, epoch => epoch.Select(line => (int)line["sample"]!).ToList());
        Assert.Equal(Enumerable.Range(1, epochs.Count), epochs.Keys.Order());
        foreach (var samples in epochs.Values) Assert.Equal(epochs[1].Order(), samples.Distinct().Order());
        Assert.All(epochs.Values, samples => Assert.Equal(epochs[1].Count, samples.Count));
    }

    /// <summary>Only whole checkpoints in their folder, and beside it only the files that the design names.</summary>
    public void HasNoLeftovers()
    {
        string[] known = [".lock", "checkpoints", "effective.conf", "evaluations.jsonl", "ledger.jsonl", "log.txt", "metrics.jsonl", "tensorboard"];
        Assert.Empty(Names(Folder.Path).Except(known));
        HasOnlyWholeCheckpoints();
        Assert.Equal(Checkpoints.Select(id => id.ToString()).Order(StringComparer.Ordinal), Names(Folder.CheckpointFolder));
    }

    /// <summary>At any moment, in the middle of a kill too: whoever finds a checkpoint's name finds the whole checkpoint.</summary>
    public void HasOnlyWholeCheckpoints()
    {
        var store = new FolderCheckpointStore(Folder.CheckpointFolder);
        foreach (var id in store.List())
        {
            Assert.True(store.Verify(id, out string? problem) is not null, $"{id}: {problem}");
            Assert.Equal(new[] { CheckpointPlacement.Manifest, CheckpointPlacement.Optimizer, CheckpointPlacement.Weights }.Order(StringComparer.Ordinal), Names(this[id]));
        }
    }

    private static IReadOnlyList<string> Names(string folder) =>
        [.. Directory.EnumerateFileSystemEntries(folder).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal)];

    private static IReadOnlyList<JsonObject> Lines(string file) => [.. File.ReadLines(file).Select(line => JsonNode.Parse(line)!.AsObject())];

    private static long Step(JsonObject line) => (long)line["step"]!;

    private static string Text(JsonObject line) => line.ToJsonString();

    private static string WithoutSpeed(JsonObject line)
    {
        line.Remove("ms");
        return Without(line, "images_per_s");
    }

    private static string WithoutGeneration(JsonObject line) => Without(line, "generation");

    private static string Without(JsonObject line, string key)
    {
        line.Remove(key);
        return line.ToJsonString();
    }
}
