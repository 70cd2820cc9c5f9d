using System.Globalization;
using System.Text.RegularExpressions;
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
    private const int Coordinator = HostedNodes.Coordinator, FirstTrainer = 2, SecondTrainer = 3;

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
        var nodes = new HostedNodes(hosts, workshop, file);
        using var head = await nodes.StartAsync(Coordinator, "coordinator,evaluator,gateway", "--http", $"{HostedNodes.Http}");
        using var first = await nodes.StartAsync(FirstTrainer, "trainer");
        var second = await nodes.StartAsync(SecondTrainer, "trainer");
        await nodes.SubmitAsync(Coordinator, key, set);

        await first.Until("a step", () => workshop.Run.StepsOnDisk >= 4);
        Assert.True(AddsUpEarly(first), "nothing was begun early: this run shows nothing");
        second.Kill();
        second.Dispose();
        using var third = await nodes.StartAsync(SecondTrainer, "trainer");
        await first.Until("the end", () => Load() is { Status: ExperimentStatus.Completed or ExperimentStatus.Failed });

        using var reference = new Workshop();
        var expected = (await reference.Train(set)).Completes();
        Assert.Equal((ExperimentStatus.Completed, expected.Digest), (Load()!.Status, Load()!.Digest));
        Assert.Equal(reference.Run.Metrics.Select(Loss), workshop.Run.Metrics.Select(Loss));
        ClusterLedger.HasEverySampleOfEveryEpochOnce(workshop, reference);

        Experiment? Load() => new RunJournal(new(workshop.Runs)).Load(new(Workshop.Tiny));
    }

    /// <summary>Whether the process has the thread on which that is done.</summary>
    private static bool AddsUpEarly(RunningProgram trainer) =>
        Directory.EnumerateDirectories($"/proc/{trainer.Id}/task").Any(task => Regex.IsMatch(File.ReadAllText(Path.Combine(task, "comm")), "^collective-[0-9]"));

    private static string Loss(System.Text.Json.Nodes.JsonObject line) => string.Create(CultureInfo.InvariantCulture, $"{line["step"]} {line["loss"]} {line["lr"]}");
}
