using System.Text.Json;
using ActorTrainer.Core.Training;
using CsCheck;

namespace ActorTrainer.Core.Tests.Training;

public sealed class ScheduleSpec
{
    private const int StepsPerEpoch = 5;

    /// <summary>Made with PyTorch by TestData/schedules.py.</summary>
    private static readonly Dictionary<string, double[]> PyTorch = JsonSerializer.Deserialize<Dictionary<string, double[]>>(
        File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "TestData", "schedules.json")))!;

    public static TheoryData<string, ScheduleSettings> Cases => new()
    {
        { "step", new() { Type = ScheduleType.Step, StepEpochs = 3, StepFactor = 0.3 } },
        { "cosine", new() { Type = ScheduleType.Cosine } },
        { "cosine to 0.05", new() { Type = ScheduleType.Cosine, FinalShare = 0.05 } },
        { "polynomial", new() { Type = ScheduleType.Polynomial } },
        { "polynomial 0.9", new() { Type = ScheduleType.Polynomial, Power = 0.9 } },
        { "one-cycle", new() { Type = ScheduleType.OneCycle } },
        { "one-cycle 0.25", new() { Type = ScheduleType.OneCycle, RiseShare = 0.25, StartDivisor = 10, EndDivisor = 100 } },
        { "warm-up", new() { Type = ScheduleType.Cosine, WarmUpEpochs = 2 } },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void Every_step_has_the_factor_that_PyTorch_gives_it(string name, ScheduleSettings settings)
    {
        double[] expected = PyTorch[name];
        for (int step = 0; step < expected.Length; step++)
            Assert.Equal(expected[step], Schedule.Factor(settings, step, expected.Length, StepsPerEpoch), 1e-12);
    }

    [Fact]
    public void A_constant_rate_stays() =>
        Assert.All(Enumerable.Range(0, 20), step => Assert.Equal(1, Schedule.Factor(new() { Type = ScheduleType.Constant }, step, 20, StepsPerEpoch)));

    [Fact]
    public void Epochs_that_are_no_whole_number_in_binary_are_whole_steps()
    {
        // 0.1 x 30 is a little more than 3 in floating point: the drop is after 3 steps, the warm-up 3 steps long.
        var drops = new ScheduleSettings { Type = ScheduleType.Step, StepEpochs = 0.1, StepFactor = 0.5 };
        var warm = new ScheduleSettings { Type = ScheduleType.Constant, WarmUpEpochs = 0.1 };

        Assert.Equal([1, 1, 1, 0.5, 0.5, 0.5, 0.25], Enumerable.Range(0, 7).Select(step => Schedule.Factor(drops, step, 60, 30)));
        Assert.Equal([1.0 / 3, 2.0 / 3, 1, 1], Enumerable.Range(0, 4).Select(step => Schedule.Factor(warm, step, 60, 30)));
    }

    [Fact]
    public void A_warm_up_as_long_as_the_phase_ends_at_the_full_rate()
    {
        var settings = new ScheduleSettings { Type = ScheduleType.Cosine, WarmUpEpochs = 100 };

        Assert.Equal([0.25, 0.5, 0.75, 1], Enumerable.Range(0, 4).Select(step => Schedule.Factor(settings, step, 4, StepsPerEpoch)));
    }

    [Fact]
    public void Every_factor_of_every_schedule_is_a_number_from_0_to_1_however_short_the_phase()
    {
        var settings = Gen.Select(Gen.Enum<ScheduleType>(), Gen.Double[0, 5], Gen.Double[0, 4], Gen.Double[0, 1], Gen.Double[0.05, 1], Gen.Double[0.1, 3],
            (type, warmUp, epochs, final, rise, power) => new ScheduleSettings
            {
                Type = type, WarmUpEpochs = warmUp, StepEpochs = epochs, FinalShare = final, RiseShare = rise, Power = power,
            });
        Gen.Select(settings, Gen.Int[1, 40], Gen.Int[1, 9]).Sample((schedule, steps, stepsPerEpoch) =>
        {
            for (int step = 0; step < steps; step++) Assert.InRange(Schedule.Factor(schedule, step, steps, stepsPerEpoch), 0, 1 + 1e-12);
        }, iter: 2000);
    }
}
