using System.Globalization;
using ActorTrainer.Core.Experiments;
using ActorTrainer.EndToEnd.Tests.Processes;
using ActorTrainer.Journal;

namespace ActorTrainer.EndToEnd.Tests.Cluster;

/// <summary>
/// Trainers on hosts of their own, between which bytes take time: what is behind a model's seam is added up while the rest is computed, and the bits are those of
/// one process.
/// </summary>
[Collection(ProcessTests.Name)]
public sealed class FarHostsSpec
{
    private const int Coordinator = 1, FirstTrainer = 2, SecondTrainer = 3, Port = 4053, Http = 4080;

    [SkippableTheory]
    [InlineData("full")]
    [InlineData("bf16")]
    public async Task A_ResNet_18_gives_the_digest_of_one_process_also_where_one_of_them_dies(string gradients)
    {
        Skip.If(TestHosts.Refusal is not null, TestHosts.Refusal);
        string[] settings =
        [
            "model.architecture=resnet18", "training.logical-shards=4", "training.phases.0.epochs=1", "training.optimizer.learning-rate=0.01", "training.last-batch=drop",
            "checkpoint.every-steps=7", $"training.gradients={gradients}", "resources.trainers.max=2",
        ];
        string[] set = [.. settings.SelectMany(setting => new[] { "--set", $"experiment.{setting}" })];
        using var hosts = new TestHosts(3);
        using var workshop = new Workshop();
        TestCertificates.Write(workshop, "tls", [.. Enumerable.Range(1, 3).Select(TestHosts.Address)]);
        string key = await GuardedNode.NewKeyAsync(workshop), file = GuardedNode.WriteFile(workshop, "tls");
        using var head = await StartAsync(Coordinator, "coordinator,evaluator,gateway", "--http", $"{Http}");
        using var first = await StartAsync(FirstTrainer, "trainer");
        var second = await StartAsync(SecondTrainer, "trainer");
        using var submit = RunningProgram.Start(workshop.Folder,
            ["submit", "tiny.conf", .. set, "--server", $"https://{TestHosts.Address(Coordinator)}:{Http}", "--authority", "tls/ca.pem", "--key", key], on: hosts.On(Coordinator));
        (await submit.Ended()).Returns(0);

        await first.Until("a step", () => workshop.Run.StepsOnDisk >= 4);
        second.Kill();
        second.Dispose();
        using var third = await StartAsync(SecondTrainer, "trainer");
        await first.Until("the end", () => Load() is { Status: ExperimentStatus.Completed or ExperimentStatus.Failed });

        using var reference = new Workshop();
        var expected = (await reference.Train(set)).Completes();
        Assert.Equal((ExperimentStatus.Completed, expected.Digest), (Load()!.Status, Load()!.Digest));
        Assert.Equal(reference.Run.Metrics.Select(Loss), workshop.Run.Metrics.Select(Loss));
        ClusterLedger.HasEverySampleOfEveryEpochOnce(workshop, reference);

        async Task<RunningProgram> StartAsync(int host, string roles, params string[] more)
        {
            string[] seed = host == Coordinator ? [] : ["--seed", $"{TestHosts.Address(Coordinator)}:{Port}"];
            var node = RunningProgram.Start(workshop.Folder,
                ["node", "--config", file, "--runs", workshop.Runs, "--host", TestHosts.Address(host), "--port", $"{Port}", "--roles", roles, .. seed, .. more], on: hosts.On(host));
            await node.Until("it is in the cluster", () => node.Error.Contains("In the cluster as", StringComparison.Ordinal));
            return node;
        }

        Experiment? Load() => new RunJournal(new(workshop.Runs)).Load(new(Workshop.Tiny));
    }

    private static string Loss(System.Text.Json.Nodes.JsonObject line) => string.Create(CultureInfo.InvariantCulture, $"{line["step"]} {line["loss"]} {line["lr"]}");
}
