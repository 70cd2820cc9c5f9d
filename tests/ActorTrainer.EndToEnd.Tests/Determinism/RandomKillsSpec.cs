using System.Globalization;
using ActorTrainer.Core.Experiments;
using ActorTrainer.Core.Randomness;
using ActorTrainer.EndToEnd.Tests.Processes;

namespace ActorTrainer.EndToEnd.Tests.Determinism;

/// <summary>kill -9 at moments that nobody chose: several within one epoch, now and then before anything has begun.</summary>
[Collection(ProcessTests.Name)]
public class RandomKillsSpec
{
    private const double StartingMilliseconds = 1500, TrainingMilliseconds = 60;

    /// <summary>One epoch of many steps: whoever is killed five times is killed five times within it.</summary>
    private static readonly string[] OneEpoch = ["--set", "experiment.training.phases.0.epochs=1", "--set", "experiment.training.global-batch-size=5"];

    [Fact]
    public Task Kills_within_one_epoch_change_nothing() => Killed(times: 6, OneEpoch);

    [SkippableFact]
    public async Task Two_dozen_kills_change_nothing()
    {
        Long.Only();
        await Killed(times: 24, [.. OneEpoch, "--set", "experiment.training.phases.0.epochs=4"]);
    }

    private static async Task Killed(int times, string[] more)
    {
        using var undisturbed = new Workshop();
        string digest = (await undisturbed.Train(more)).Completes().Digest;
        using var workshop = new Workshop();
        var moments = new RandomStream((ulong)Environment.TickCount64, RandomPurpose.Test, 0, 0);
        int training = 0;
        for (int i = 1; i <= times; i++)
        {
            using var program = workshop.StartTraining(null, more);
            if (i % 3 == 0)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(moments.NextDouble(0, StartingMilliseconds)));
            }
            else
            {
                var before = Newest(workshop);
                await program.Until("a new checkpoint", () => Newest(workshop) > before);
                await Task.Delay(TimeSpan.FromMilliseconds(moments.NextDouble(0, TrainingMilliseconds)));
                training++;
            }

            program.Kill();
            (await program.Ended()).Returns(EndedProgram.Killed);
            workshop.Run.HasOnlyWholeCheckpoints();
        }

        var ended = (await workshop.Train(more)).Completes();

        Assert.True(training >= 3, training.ToString(CultureInfo.InvariantCulture));
        Assert.Equal(digest, ended.Digest);
        workshop.Run.IsAsWholeAs(undisturbed.Run);
    }

    private static StepNumber Newest(Workshop workshop) => workshop.Run.Checkpoints is [.., var newest] ? newest.Step : StepNumber.Zero;
}
