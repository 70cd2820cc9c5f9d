using System.Collections.Immutable;
using ActorTrainer.Core.Experiments;
using ActorTrainer.EndToEnd.Tests.Processes;
using Xunit.Abstractions;

namespace ActorTrainer.EndToEnd.Tests.Determinism;

/// <summary>Killed at each place where a file, the journal and the weights can disagree, and started again by the same command.</summary>
[Collection(ProcessTests.Name)]
public class FailpointSpec(Undisturbed undisturbed, ITestOutputHelper output)
{
    /// <summary>Those of phases on features are hit where there is such a phase: <see cref="FeaturesSpec"/>.</summary>
    private static readonly ImmutableArray<string> OfEveryRun = [.. Failpoints.All.Except([Failpoints.FeaturesComputed, Failpoints.FeaturesWritten])];

    [Fact]
    public Task One_run_killed_at_every_failpoint_in_turn_ends_as_if_nothing_had_happened() => KilledAt([.. OfEveryRun.Select(name => $"{name}#1")]);

    /// <summary>From the last to the first, each a hit later: within the shards of a step, with checkpoints, retirements and rows behind it.</summary>
    [Fact]
    public Task So_does_one_killed_at_their_second_hits_in_the_other_order() => KilledAt(
    [
        "step.applied#2", "step.switching#2", "step.exchanged#2", "step.computed#2", "step.forward#2",
        "checkpoint.committed#2", "checkpoint.renamed#2", "checkpoint.files-written#2", "checkpoint.weights-written#2", "checkpoint.begun#2",
        "retire.renamed#2", "retire.journalled#2", "evaluation.done#2",
    ]);

    /// <summary>Four checkpoints, one an epoch: killed when the last step's is there, before anybody says that training has ended.</summary>
    [Theory]
    [InlineData("checkpoint.committed#4")]
    [InlineData("checkpoint.renamed#4")]
    public async Task So_does_one_killed_with_nothing_left_to_train(string failpoint)
    {
        using var workshop = new Workshop();
        string[] settings = ["--set", "experiment.checkpoint.every-steps=null"];
        using (var program = workshop.StartTraining(failpoint, settings)) (await program.Ended()).Returns(EndedProgram.Killed);
        Assert.Equal(undisturbed.Run.Metrics.Count, workshop.Run.Metrics.Count);

        Assert.Equal(undisturbed.Digest, (await workshop.Train(settings)).Completes().Digest);
        workshop.Run.IsAsWholeAs(undisturbed.Run);
    }

    [SkippableFact]
    public async Task So_do_runs_killed_at_one_failpoint_each_at_its_first_second_and_fifth_hit()
    {
        Long.Only();
        foreach (string name in OfEveryRun)
        {
            foreach (int hit in new[] { 1, 2, 5 }.Where(hit => hit <= HitsIn(name))) await KilledAt([$"{name}#{hit}"]);
        }
    }

    /// <summary>How often a run of tiny.conf is sure to come by.</summary>
    private static int HitsIn(string name) => name switch { Failpoints.Finished => 1, Failpoints.EpochEnded => 4, _ => 5 };

    private async Task KilledAt(IReadOnlyList<string> failpoints)
    {
        using var workshop = new Workshop();
        output.WriteLine($"killed at {string.Join(", ", failpoints)}");
        foreach (string failpoint in failpoints)
        {
            (await workshop.TrainUpTo(failpoint)).Returns(EndedProgram.Killed);
            workshop.Run.HasOnlyWholeCheckpoints();
        }

        var ended = await workshop.Train();
        if (ended.ExitCode != 0 && File.Exists(workshop.Run.Folder.Log)) output.WriteLine(await File.ReadAllTextAsync(workshop.Run.Folder.Log));
        ended.Completes();

        Assert.Equal(undisturbed.Digest, ended.Digest);
        workshop.Run.IsAsWholeAs(undisturbed.Run);
    }
}
