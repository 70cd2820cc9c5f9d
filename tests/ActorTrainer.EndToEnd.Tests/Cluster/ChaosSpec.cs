using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json.Nodes;
using ActorTrainer.Core.Experiments;
using ActorTrainer.EndToEnd.Tests.Processes;
using ActorTrainer.Tests.Shared;
using Xunit.Abstractions;

namespace ActorTrainer.EndToEnd.Tests.Cluster;

/// <summary>
/// Faults at random moments, one after the other, on a cluster that trains, with a process for each role and its journal on PostgreSQL: the result is
/// that of one process that nothing happened to.
/// <c>ACTORTRAINER_CHAOS_FAULTS=100 ACTORTRAINER_CHAOS_TABLE=chaos.md dotnet test -c Release tests/ActorTrainer.EndToEnd.Tests --filter ChaosSpec</c>
/// makes it long and writes its table to a file; <c>ACTORTRAINER_CHAOS_SEED</c> repeats a sequence of faults (their moments depend on the machine).
/// </summary>
[Collection(ProcessTests.Name)]
public sealed class ChaosSpec(ITestOutputHelper output)
{
    private const int MostSteps = 60, MostTrainers = 4, CheckpointEvery = 40;

    /// <summary>Steps that may have been done when a fault came, and not been in the file yet: it is flushed with each checkpoint.</summary>
    private const int OnTheirWay = CheckpointEvery + 1;
    private static readonly Fault[] Each = Enum.GetValues<Fault>();
    private static readonly TimeSpan DatabaseAway = TimeSpan.FromSeconds(4), UntilItEnds = TimeSpan.FromMinutes(40);

    private enum Fault { KillTrainer, KillCoordinator, KillEvaluator, KillGateway, KillAll, StopTrainer, FreezeTrainer, AddTrainer, StopDatabase }

    [SkippableFact]
    public async Task Whatever_is_killed_stopped_or_frozen_the_digest_is_that_of_one_process()
    {
        int faults = Number("FAULTS") ?? Each.Length, seed = Number("SEED") ?? Environment.TickCount;
        bool isLong = faults > Each.Length;
        int epochs = 40 + (isLong ? 160 : 100) * faults;     // enough to be training still when the last fault comes
        output.WriteLine($"ACTORTRAINER_CHAOS_SEED={seed}");
#pragma warning disable CA5394 // a sequence of faults needs no secrecy
        var random = new Random(seed);
        var sequence = Each.ToArray();
        random.Shuffle(sequence);
        using var server = PostgreSqlServer.StartNew();
        using var workshop = new Workshop { Journal = server.NewDatabase() };
        using var cluster = new TestCluster(workshop) { IsSplit = true };
        await cluster.StartAsync(0);
        var trainers = new List<RunningProgram> { await cluster.AddTrainerAsync(), await cluster.AddTrainerAsync() };
        string[] settings = ["resources.trainers.max=4", $"training.phases.0.epochs={epochs}", $"checkpoint.every-steps={CheckpointEvery}", "evaluation.every-epochs=20"];
        await cluster.SubmitAsync(settings);
        var table = new StringBuilder("| # | fault | at step | next step after | next commit after | steps repeated | generation |\n|---|---|---|---|---|---|---|\n");
        for (int i = 1; i <= faults; i++)
        {
            if (await cluster.UntilItGoesOnAsync(cluster.Steps + random.Next(MostSteps)) < 0) break;
            if (trainers.Append(cluster.Head).Append(cluster.Evaluator).Append(cluster.Gateway).FirstOrDefault(node => node.HasEnded) is { } gone)
                Assert.Fail($"It was not killed: {await gone.Ended()}\n{table}{workshop.NodeLogs()}");
            var fault = i <= sequence.Length ? sequence[i - 1] : Each[random.Next(Each.Length)];
            int victim = random.Next(trainers.Count);
            int before = cluster.Steps;
            Func<Task>? afterwards = null;      // once those who are left have gone on: that is what is timed
            var clock = Stopwatch.StartNew();
            switch (fault)
            {
                case Fault.KillTrainer when trainers.Count > 1:
                    trainers[victim].Kill();
                    afterwards = async () => trainers[victim] = await cluster.AddTrainerAsync();
                    break;
                case Fault.KillTrainer: trainers[victim].Kill(); trainers[victim] = await cluster.AddTrainerAsync(); break;
                case Fault.KillCoordinator: cluster.Head.Kill(); cluster.StartHead(); break;
                case Fault.KillEvaluator: cluster.Evaluator.Kill(); cluster.StartEvaluator(); break;
                case Fault.KillGateway: cluster.Gateway.Kill(); cluster.StartGateway(); break;
                case Fault.KillAll:
                    foreach (var node in trainers.Append(cluster.Head).Append(cluster.Evaluator).Append(cluster.Gateway)) node.Kill();
                    cluster.StartHead();
                    cluster.StartEvaluator();
                    cluster.StartGateway();
                    for (int k = 0; k < trainers.Count; k++) trainers[k] = await cluster.AddTrainerAsync();
                    break;
                case Fault.StopTrainer: trainers[victim].Signal(PosixSignal.SIGTERM); await trainers[victim].Ended(); trainers[victim] = await cluster.AddTrainerAsync(); break;
                case Fault.FreezeTrainer:
                    trainers[victim].Freeze();
                    var frozen = TimeSpan.FromSeconds(isLong ? 30 : 15);
                    afterwards = async () =>
                    {
                        if (frozen - clock.Elapsed is { Ticks: > 0 } left) await Task.Delay(left);
                        trainers[victim].Thaw();
                    };
                    if (trainers.Count > 1) break;
                    await afterwards();
                    afterwards = null;
                    break;
                case Fault.AddTrainer when trainers.Count < MostTrainers: trainers.Add(await cluster.AddTrainerAsync()); break;
                case Fault.AddTrainer: trainers[0].Kill(); trainers.RemoveAt(0); break;
                case Fault.StopDatabase:
                    server.Stop();
                    await Task.Delay(DatabaseAway);
                    server.Start();
                    break;
            }

            int lowest = await cluster.UntilItGoesOnAsync(before + OnTheirWay);
            if (lowest < 0) break;      // it has ended
            var stepped = clock.Elapsed;
            await cluster.UntilCommittedAsync(before + OnTheirWay);
            var committed = clock.Elapsed;
            if (afterwards is not null) await afterwards();
            table.AppendLine(CultureInfo.InvariantCulture,
                $"| {i} | {fault} | {before} | {stepped.TotalSeconds:0.0} s | {committed.TotalSeconds:0.0} s | {Math.Max(0, before - lowest)} | {(await cluster.StateAsync())["generation"]} |");
            await KeepAsync(table);
        }

        await cluster.UntilAsync("its end", () => cluster.Load() is { Status: not (ExperimentStatus.Running or ExperimentStatus.Evaluating) }, TimeSpan.FromSeconds(1), UntilItEnds);
        var ended = await cluster.EndAsync();
        using var reference = new Workshop();
        using var undisturbed = reference.StartTraining(null, [.. settings.SelectMany(setting => new[] { "--set", $"experiment.{setting}" })]);
        var expected = (await undisturbed.Ended(UntilItEnds)).Completes();
        table.AppendLine(CultureInfo.InvariantCulture, $"\n{ended["steps"]} steps, {ended["generation"]} generations, digest {((string)ended["digest"]! == expected.Digest ? "equal" : "DIFFERENT")}");
        output.WriteLine(table.ToString());
        await KeepAsync(table);
        Assert.Equal(("completed", expected.Digest), ((string)ended["state"]!, (string)ended["digest"]!));
        Assert.Equal(reference.Run.Metrics.Select(Loss), workshop.Run.Metrics.Select(Loss));
        Assert.Equal(reference.Run.Evaluations.Select(line => line.ToJsonString()), workshop.Run.Evaluations.Select(line => line.ToJsonString()));
        ClusterLedger.HasEverySampleOfEveryEpochOnce(workshop, reference);
    }

    /// <summary>Fault by fault: what there is of a run that is broken off is kept too.</summary>
    private static Task KeepAsync(StringBuilder table) =>
        Environment.GetEnvironmentVariable("ACTORTRAINER_CHAOS_TABLE") is { Length: > 0 } file ? File.WriteAllTextAsync(file, table.ToString()) : Task.CompletedTask;

    private static int? Number(string what) =>
        int.TryParse(Environment.GetEnvironmentVariable($"ACTORTRAINER_CHAOS_{what}"), NumberStyles.Integer, CultureInfo.InvariantCulture, out int number) ? number : null;

    private static string Loss(JsonObject line) => $"{line["step"]} {line["loss"]} {line["lr"]}";
}
