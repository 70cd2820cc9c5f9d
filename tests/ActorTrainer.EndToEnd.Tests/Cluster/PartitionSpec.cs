using System.Diagnostics;
using System.Globalization;
using System.Text;
using ActorTrainer.Core.Experiments;
using ActorTrainer.EndToEnd.Tests.Processes;
using ActorTrainer.Journal;
using Xunit.Abstractions;

namespace ActorTrainer.EndToEnd.Tests.Cluster;

/// <summary>
/// Hosts of a cluster are cut off, one after the other, and joined again after 30 s. <c>ACTORTRAINER_LONG=1</c> cuts off every one; else those whose
/// absence differs most: a trainer and the coordinator.
/// </summary>
[Collection(ProcessTests.Name)]
public sealed class PartitionSpec(ITestOutputHelper output)
{
    private const int Coordinator = HostedNodes.Coordinator, Gateway = 2, FirstTrainer = 3, SecondTrainer = 4;
    private static readonly TimeSpan Cut = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(4), UntilItEnds = TimeSpan.FromMinutes(15);

    [SkippableFact]
    public async Task Whoever_is_cut_off_the_digest_is_that_of_one_process()
    {
        Skip.If(TestHosts.Refusal is not null, TestHosts.Refusal);
        var table = new StringBuilder("| cut off for 30 s | at step | next step after | steps meanwhile | committed after healing | generation |\n|---|---|---|---|---|---|\n");
        using var hosts = new TestHosts(4);
        using var workshop = new Workshop();
        TestCertificates.Write(workshop, "tls", [.. Enumerable.Range(1, 4).Select(TestHosts.Address)]);
        string key = await GuardedNode.NewKeyAsync(workshop), file = GuardedNode.WriteFile(workshop, "tls");
        var nodes = new HostedNodes(hosts, workshop, file);
        using var coordinator = await nodes.StartAsync(Coordinator, "coordinator");
        using var gateway = await nodes.StartAsync(Gateway, "evaluator,gateway", "--http", $"{HostedNodes.Http}");
        using var first = await nodes.StartAsync(FirstTrainer, "trainer");
        using var second = await nodes.StartAsync(SecondTrainer, "trainer");
        string[] settings = ["resources.trainers.max=2", $"training.phases.0.epochs={(Long.IsAsked ? 3600 : 1400)}", "checkpoint.every-steps=40", "evaluation.every-epochs=50"];
        string[] set = [.. settings.SelectMany(setting => new[] { "--set", $"experiment.{setting}" })];
        await nodes.SubmitAsync(Gateway, key, set);
        await GoesOnAsync(8);

        foreach (int host in Long.IsAsked ? [FirstTrainer, Coordinator, Gateway, SecondTrainer] : new[] { FirstTrainer, Coordinator })
        {
            int before = workshop.Run.StepsOnDisk;
            var clock = Stopwatch.StartNew();
            hosts.Cut(host);
            var next = await GoesOnAsync(before + 2);       // one may have been on its way to the file
            if (clock.Elapsed is var gone && gone < Cut) await Task.Delay(Cut - gone);
            int meanwhile = workshop.Run.StepsOnDisk - before;
            hosts.Heal(host);
            clock.Restart();
            await CommitsAsync(workshop.Run.StepsOnDisk);
            var committed = clock.Elapsed;
            // While a generation is gathered training waits for the coordinator: the next is cut off when all train again.
            await Until("both trainers again", () => Load() is var run && (run.Trainers == 2 || run.IsTrained));
            await GoesOnAsync(workshop.Run.StepsOnDisk);
            table.AppendLine(CultureInfo.InvariantCulture,
                $"| {Role(host)} | {before} | {next.TotalSeconds:0.0} s | {meanwhile} | {committed.TotalSeconds:0.0} s | {Load().Generation} |");
        }

        output.WriteLine(table.ToString());
        await Until("its end", () => Load().Status is ExperimentStatus.Completed or ExperimentStatus.Failed, UntilItEnds);
        using var reference = new Workshop();
        using var undisturbed = reference.StartTraining(null, set);
        var expected = (await undisturbed.Ended(UntilItEnds)).Completes();
        Assert.Equal(expected.Digest, Load().Digest);
        Assert.Equal(reference.Run.Evaluations.Select(line => line.ToJsonString()), workshop.Run.Evaluations.Select(line => line.ToJsonString()));
        ClusterLedger.HasEverySampleOfEveryEpochOnce(workshop, reference);

        Experiment Load() => new RunJournal(new(workshop.Runs)).Load(new(Workshop.Tiny))!;

        async Task<TimeSpan> GoesOnAsync(int step)
        {
            var clock = Stopwatch.StartNew();
            await Until($"step {step}", () => workshop.Run.StepsOnDisk > step);
            return clock.Elapsed;
        }

        Task CommitsAsync(int step) => Until($"a checkpoint after step {step}", () => Load() is var run && (run.Newest?.Id.Step.Value > step || run.IsTrained));

        async Task Until(string what, Func<bool> condition, TimeSpan? patience = null)
        {
            var clock = Stopwatch.StartNew();
            while (!condition())
            {
                Assert.True(clock.Elapsed < (patience ?? Patience), $"{(patience ?? Patience).TotalMinutes} min were not enough for {what}\n{table}\n{string.Join("\n---\n", new[] { coordinator, gateway, first, second }.Select(node => node.Error))}\n{workshop.NodeLogs()}");
                await Task.Delay(20);
            }
        }
    }

    private static string Role(int host) => host switch { Coordinator => "coordinator", Gateway => "evaluator and gateway", _ => "trainer" };
}
