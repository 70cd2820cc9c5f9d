using System.Diagnostics;
using ActorTrainer.Core.Experiments;
using ActorTrainer.EndToEnd.Tests.Processes;
using ActorTrainer.Tests.Shared;
using Xunit.Abstractions;

namespace ActorTrainer.EndToEnd.Tests.Cluster;

/// <summary>A cluster whose journal is on PostgreSQL, with a coordinator that waits for its turn.</summary>
[Collection(ProcessTests.Name)]
public sealed class TwoCoordinatorsSpec(ITestOutputHelper output)
{
    [SkippableFact]
    public async Task The_second_coordinator_takes_over_and_a_database_that_is_away_is_waited_for()
    {
        using var server = PostgreSqlServer.StartNew();
        using var workshop = new Workshop { Journal = server.NewDatabase() };
        using var cluster = new TestCluster(workshop);
        await cluster.StartAsync(0);
        await cluster.AddNodeAsync("coordinator,evaluator");
        await cluster.AddTrainerAsync();
        await cluster.AddTrainerAsync();
        string[] settings = ["resources.trainers.max=4", "training.phases.0.epochs=300", "checkpoint.every-steps=40", "evaluation.every-epochs=20"];
        await cluster.SubmitAsync(settings);
        await cluster.UntilStepAsync(8);

        int before = cluster.Steps;
        var clock = Stopwatch.StartNew();
        cluster.Head.Kill();
        await cluster.UntilCommittedAsync(cluster.Steps);
        output.WriteLine($"coordinator killed at step {before}: the second one committed a checkpoint of a later step after {clock.Elapsed.TotalSeconds:0.0} s; {cluster.Steps - before} steps meanwhile");

        before = cluster.Steps;
        server.Stop();
        await cluster.UntilAsync("training goes on", () => cluster.Steps > before + 100);
        server.Start();
        clock.Restart();
        await cluster.UntilCommittedAsync(cluster.Steps);
        output.WriteLine($"PostgreSQL stopped at step {before} and started: a checkpoint committed after {clock.Elapsed.TotalSeconds:0.0} s");

        await cluster.UntilAsync("its end", () => cluster.Load() is { Status: ExperimentStatus.Completed or ExperimentStatus.Failed });
        using var reference = new Workshop();
        var expected = (await reference.Train([.. settings.SelectMany(setting => new[] { "--set", $"experiment.{setting}" })])).Completes();
        Assert.Equal(expected.Digest, cluster.Load()!.Digest);
        Assert.Equal(reference.Run.Evaluations.Select(line => line.ToJsonString()), workshop.Run.Evaluations.Select(line => line.ToJsonString()));
        ClusterLedger.HasEverySampleOfEveryEpochOnce(workshop, reference);
    }
}
