using System.Globalization;
using ActorTrainer.Core.Experiments;
using ActorTrainer.Core.Randomness;
using ActorTrainer.EndToEnd.Tests.Processes;
using Xunit.Abstractions;

namespace ActorTrainer.EndToEnd.Tests.Determinism;

/// <summary>
/// kill -9 at moments that nobody chose: several within one epoch, now and then before anything has begun. A failed test shows its seed and every
/// moment; <c>ACTORTRAINER_KILL_SEED=seed</c> draws the same ones again.
/// </summary>
[Collection(ProcessTests.Name)]
public class RandomKillsSpec(ITestOutputHelper output)
{
    private const string SeedVariable = "ACTORTRAINER_KILL_SEED";
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

    private async Task Killed(int times, string[] more)
    {
        using var undisturbed = new Workshop();
        string digest = (await undisturbed.Train(more)).Completes().Digest;
        using var workshop = new Workshop();
        ulong seed = Environment.GetEnvironmentVariable(SeedVariable) is { Length: > 0 } given ? ulong.Parse(given, CultureInfo.InvariantCulture) : (ulong)Environment.TickCount64;
        output.WriteLine($"{SeedVariable}={seed}");
        var moments = new RandomStream(seed, RandomPurpose.Test, 0, 0);
        int training = 0;
        for (int i = 1; i <= times; i++)
        {
            using var program = workshop.StartTraining(null, more);
            if (i % 3 == 0)
            {
                double wait = moments.NextDouble(0, StartingMilliseconds);
                await Task.Delay(TimeSpan.FromMilliseconds(wait));
                Say(i, wait, "its start");
            }
            else
            {
                var before = Newest(workshop);
                await program.Until("a new checkpoint", () => Newest(workshop) > before);
                double wait = moments.NextDouble(0, TrainingMilliseconds);
                await Task.Delay(TimeSpan.FromMilliseconds(wait));
                Say(i, wait, "a new checkpoint");
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

        void Say(int kill, double milliseconds, string after) => output.WriteLine(
            string.Create(CultureInfo.InvariantCulture, $"kill {kill}: {milliseconds:0.0} ms after {after}; checkpoints: {string.Join(", ", workshop.Run.Checkpoints)}"));
    }

    private static StepNumber Newest(Workshop workshop) => workshop.Run.Checkpoints is [.., var newest] ? newest.Step : StepNumber.Zero;
}
