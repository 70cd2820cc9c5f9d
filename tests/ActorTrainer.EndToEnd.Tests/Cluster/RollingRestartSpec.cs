using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using ActorTrainer.EndToEnd.Tests.Processes;

namespace ActorTrainer.EndToEnd.Tests.Cluster;

/// <summary>An upgrade at night: every node is stopped and started again, one by one, while an experiment trains and is evaluated.</summary>
[Collection(ProcessTests.Name)]
public sealed class RollingRestartSpec
{
    /// <summary>Enough to be at it still when the last node is back, on a machine that does nothing else.</summary>
    private static readonly string[] Settings = ["resources.trainers.max=2", "training.phases.0.epochs=500", "checkpoint.every-steps=20", "evaluation.every-epochs=10"];

    [Fact]
    public async Task Nothing_is_lost_and_no_step_repeated()
    {
        using var workshop = new Workshop();
        using var cluster = new TestCluster(workshop);
        await cluster.StartAsync(0);
        var evaluator = await cluster.AddNodeAsync("evaluator");
        var trainers = new[] { await cluster.AddTrainerAsync(), await cluster.AddTrainerAsync() };
        await cluster.SubmitAsync(Settings);
        await cluster.UntilStepAsync(8);

        for (int i = 0; i < trainers.Length; i++)
        {
            await StopAsync(trainers[i]);
            trainers[i] = await cluster.AddTrainerAsync();
            await GoesOnAsync();
        }

        await StopAsync(evaluator);
        await cluster.AddNodeAsync("evaluator");
        await GoesOnAsync();

        // The trainers do not ask for it.
        var old = cluster.Head;
        old.Signal(PosixSignal.SIGTERM);
        await old.Ended();
        cluster.StartHead();
        await GoesOnAsync();

        using var reference = new Workshop();
        var expected = (await reference.Train([.. Settings.SelectMany(setting => new[] { "--set", $"experiment.{setting}" })])).Completes();
        var ended = await cluster.EndAsync();
        Assert.Equal(("completed", expected.Digest), ((string)ended["state"]!, (string)ended["digest"]!));
        Assert.Equal(reference.Run.Metrics.Select(Loss), workshop.Run.Metrics.Select(Loss));
        Assert.Equal(reference.Run.Evaluations.Select(line => line.ToJsonString()), workshop.Run.Evaluations.Select(line => line.ToJsonString()));
        ClusterLedger.HasEverySampleOfEveryEpochOnce(workshop, reference);
        ClusterLedger.HasNoStepTwice(workshop);

        async Task StopAsync(RunningProgram node)
        {
            node.Signal(PosixSignal.SIGTERM);
            var stopped = (await node.Ended()).Returns(0);
            Assert.DoesNotContain("Nobody took the shards over", stopped.Error, StringComparison.Ordinal);
        }

        async Task GoesOnAsync() => Assert.True(await cluster.UntilItGoesOnAsync(cluster.Steps + 2) >= 0, "it ended before all were started again");
    }

    private static string Loss(JsonObject line) => $"{line["step"]} {line["loss"]} {line["lr"]}";
}
