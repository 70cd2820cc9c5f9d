using ActorTrainer.Actors.Training;
using ActorTrainer.Core.Training;
using Microsoft.Extensions.Time.Testing;

namespace ActorTrainer.Actors.Tests.Training;

public sealed class StepClockSpec
{
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public void What_a_step_did_not_spend_itself_it_waited()
    {
        var clock = new StepClock(_time, TimeSpan.FromSeconds(1));
        _time.Advance(Ms(100));
        clock.Exchanging(() => Pass(20));
        var (rate, times) = clock.Step(12, Ms(250), new(Ms(10), Ms(30), Ms(5)));
        Assert.Equal((100, new StepTimes(250, 55, 10, 30, 20, 5, 0)), (rate, times));

        clock.Saving(() => Pass(8));
        _time.Advance(Ms(2));
        Assert.Equal(new StepTimes(0, 2, 0, 0, 0, 0, 8), clock.Step(1, default, default).Times);
    }

    private int Pass(int ms)
    {
        _time.Advance(Ms(ms));
        return ms;
    }

    private static TimeSpan Ms(int ms) => TimeSpan.FromMilliseconds(ms);
}
