using ActorTrainer.EndToEnd.Tests.Processes;

namespace ActorTrainer.EndToEnd.Tests.Determinism;

/// <summary>A network with batch norm has state that no optimizer knows: running statistics, which a restart must bring back as well.</summary>
[Collection(ProcessTests.Name)]
public class BatchNormSpec
{
    [Fact]
    public async Task A_residual_network_killed_in_mid_epoch_ends_at_the_same_bits()
    {
        string[] residual =
        [
            "--set", "experiment.model.architecture=resnet18", "--set", "experiment.data.classes=[\"0\",\"1\"]", "--set", "experiment.training.phases.0.epochs=1",
            "--set", "experiment.training.logical-shards=2", "--set", "experiment.training.optimizer.type=adamw", "--set", "experiment.training.optimizer.learning-rate=0.001",
        ];
        using var undisturbed = new Workshop();
        string digest = (await undisturbed.Train(residual)).Completes().Digest;
        using var workshop = new Workshop();
        (await workshop.TrainUpTo("step.applied#5", residual)).Returns(EndedProgram.Killed);

        var ended = (await workshop.Train(residual)).Completes();

        Assert.Equal(4, (int)ended.Lines[0]["resumed_from"]!);
        Assert.Equal(digest, ended.Digest);
        workshop.Run.IsAsWholeAs(undisturbed.Run);
    }
}
