using ActorTrainer.Core.Experiments;
using ActorTrainer.EndToEnd.Tests.Processes;
using ActorTrainer.Transport.Checkpoints;

namespace ActorTrainer.EndToEnd.Tests.Determinism;

/// <summary>A loss that is no number stops before the update: what was reached before stands.</summary>
[Collection(ProcessTests.Name)]
public class NotANumberSpec
{
    [Fact]
    public async Task The_step_and_its_files_are_named_and_the_state_before_it_is_whole()
    {
        using var workshop = new Workshop();
        string[] exploding =
        [
            "--set", "experiment.training.optimizer.learning-rate=1e30", "--set", "experiment.training.schedule.type=constant",
            "--set", "experiment.training.schedule.warm-up-epochs=0", "--set", "experiment.checkpoint.every-steps=1",
        ];

        var ended = await workshop.Train(exploding);

        ended.Refuses(1, "Step 2", ".png");
        Assert.Equal("failed", (string)ended.Lines[^1]["event"]!);
        var store = new FolderCheckpointStore(workshop.Run.Folder.CheckpointFolder);
        var newest = Assert.Single(store.List());
        Assert.Equal(new CheckpointId(new(1), new(1)), newest);
        Assert.NotNull(store.Verify(newest, out _));
        Assert.Single(workshop.Run.Metrics);
        var shown = Assert.Single((await workshop.Ask("show", Workshop.Tiny, "--json")).Completes().Lines);
        Assert.Equal("failed", (string)shown["state"]!);

        (await workshop.Train(exploding)).Refuses(1, "Step 2");     // and the same command meets the same step
        Assert.Single(workshop.Run.Metrics);
    }
}
