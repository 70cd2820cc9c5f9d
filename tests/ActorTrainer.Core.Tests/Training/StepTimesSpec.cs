using ActorTrainer.Core.Training;

namespace ActorTrainer.Core.Tests.Training;

public sealed class StepTimesSpec
{
    [Fact]
    public void The_mean_leaves_out_steps_that_were_not_timed()
    {
        var mean = StepTimes.Mean([new(8, 1, 2, 3, 4, 5, 6), default, new(10, 3, 4, 5, 6, 7, 8)]);
        Assert.Equal(new StepTimes(9, 2, 3, 4, 5, 6, 7), mean);
        Assert.Null(StepTimes.Mean([default]));
    }

    [Fact]
    public void Decoding_goes_on_beside_a_step_and_is_no_part_of_it() => Assert.Equal(21, new StepTimes(100, 1, 2, 3, 4, 5, 6).Total);
}
