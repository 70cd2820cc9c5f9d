using ActorTrainer.Core.Experiments;
using ActorTrainer.Hosting;
using ActorTrainer.Transport.Checkpoints;

namespace ActorTrainer.Tests.Hosting;

/// <summary>Where a run's checkpoints are is decided once.</summary>
public sealed class RunsFolderSpec
{
    private static readonly RunsFolder Runs = new("/runs"), Elsewhere = Runs.WithCheckpointsIn("s3://models/runs?endpoint=http://inside:9000");
    private static readonly ExperimentDefinition Resolved = Some.Experiment().Definition;

    [Fact]
    public void Without_a_setting_they_are_in_the_runs_folder()
    {
        var settled = Runs.Settle(Resolved, earlier: null);
        Assert.Null(settled.CheckpointStore);
        Assert.Equal("/runs/birds/checkpoints", Assert.IsType<FolderCheckpointStore>(Runs.StoreOf(new("birds"), settled)).Root);
        Assert.Equal("/runs/birds.1/checkpoints", Assert.IsType<FolderCheckpointStore>(Elsewhere.StoreOf(new("birds.1"), settled)).Root);      // set aside
    }

    [Fact]
    public void A_new_run_has_a_place_that_no_other_has()
    {
        string?[] places = [.. Enumerable.Range(0, 3).Select(_ => Elsewhere.Settle(Resolved, earlier: null).CheckpointStore)];
        Assert.All(places, place => Assert.Matches("^s3://models/runs/birds-[0-9a-f]{8}\\?endpoint=http://inside:9000$", place));
        Assert.Distinct(places);
    }

    [Fact]
    public void A_run_that_has_begun_keeps_its_place_and_its_lineage()
    {
        var begun = Elsewhere.Settle(Resolved, earlier: null) with { Parent = "tits@10" };
        foreach (var now in new[] { Runs, Elsewhere, Runs.WithCheckpointsIn("/other") })
            Assert.Equal((begun.CheckpointStore, "tits@10"), (now.Settle(Resolved, begun).CheckpointStore, now.Settle(Resolved, begun).Parent));
        Assert.Null(Elsewhere.Settle(Resolved, Resolved).CheckpointStore);

        var moved = Runs.WithCheckpointsIn("s3://models?endpoint=http://outside:80");
        Assert.EndsWith("?endpoint=http://outside:80", moved.PlaceOf(begun)!.ToString(), StringComparison.Ordinal);
        Assert.EndsWith("?endpoint=http://inside:9000", Runs.PlaceOf(begun)!.ToString(), StringComparison.Ordinal);
    }
}
