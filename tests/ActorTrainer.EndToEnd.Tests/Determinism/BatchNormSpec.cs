using ActorTrainer.EndToEnd.Tests.Processes;

namespace ActorTrainer.EndToEnd.Tests.Determinism;

/// <summary>A network with batch norm has state that no optimizer knows: running statistics, which a restart must bring back as well. This one draws dropout too.</summary>
[Collection(ProcessTests.Name)]
public class BatchNormSpec
{
    [Fact]
    public async Task A_network_with_batch_norm_killed_in_mid_epoch_ends_at_the_same_bits()
    {
        string[] mobile =
        [
            "--set", "experiment.model.architecture=mobilenet_v3_small", "--set", "experiment.data.classes=[\"0\",\"1\"]", "--set", "experiment.training.phases.0.epochs=1",
            "--set", "experiment.training.logical-shards=2", "--set", "experiment.training.schedule.warm-up-epochs=0",
        ];
        using var undisturbed = new Workshop();
        string digest = (await undisturbed.Train(mobile)).Completes().Digest;
        using var workshop = new Workshop();
        (await workshop.TrainUpTo("step.applied#5", mobile)).Returns(EndedProgram.Killed);

        var ended = (await workshop.Train(mobile)).Completes();

        Assert.InRange((int)ended.Lines[0]["resumed_from"]!, 2, 4);
        Assert.Equal(digest, ended.Digest);
        workshop.Run.IsAsWholeAs(undisturbed.Run);
    }
}
