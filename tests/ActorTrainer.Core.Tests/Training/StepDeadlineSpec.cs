using ActorTrainer.Core.Training;

namespace ActorTrainer.Core.Tests.Training;

public sealed class StepDeadlineSpec
{
    private readonly StepDeadline _deadline = new();

    [Fact]
    public void Quick_steps_leave_it_at_ten_seconds()
    {
        Assert.Equal(TimeSpan.FromSeconds(10), _deadline.Current);
        _deadline.Record(TimeSpan.FromSeconds(1.9));
        Assert.Equal(TimeSpan.FromSeconds(10), _deadline.Current);
    }

    [Fact]
    public void It_can_be_longer_for_a_while()
    {
        _deadline.Least = TimeSpan.FromMinutes(5);
        Assert.Equal(TimeSpan.FromMinutes(5), _deadline.Current);
        _deadline.Least = StepDeadline.Usual;
        Assert.Equal(TimeSpan.FromSeconds(10), _deadline.Current);
    }

    [Fact]
    public void It_is_five_times_the_slowest_of_the_last_twenty_steps()
    {
        _deadline.Record(TimeSpan.FromSeconds(4));
        for (int step = 0; step < 19; step++) _deadline.Record(TimeSpan.FromSeconds(3));
        Assert.Equal(TimeSpan.FromSeconds(20), _deadline.Current);
        _deadline.Record(TimeSpan.FromSeconds(3));
        Assert.Equal(TimeSpan.FromSeconds(15), _deadline.Current);
    }
}
