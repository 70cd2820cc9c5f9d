using ActorTrainer.Core.Training;
using ActorTrainer.Journal;

namespace ActorTrainer.Tests.Journal;

public sealed class TimeSharesSpec
{
    [Theory]
    [InlineData(10, 1, 5, 5, 0, 1, 0, "the model's own arithmetic")]
    [InlineData(40, 30, 5, 5, 0, 1, 0, "decoding")]
    [InlineData(1, 30, 5, 5, 0, 1, 0, "waiting, and not for pictures")]
    [InlineData(1, 1, 5, 5, 30, 1, 0, "the exchange")]
    [InlineData(1, 1, 5, 5, 0, 1, 40, "saving")]
    public void It_says_what_would_have_to_be_faster(double decode, double wait, double forward, double backward, double exchange, double update, double save, string bound)
    {
        var times = TimeShares.Of([Step(1, default), Step(2, new(decode, wait, forward, backward, exchange, update, save))])!;
        Assert.StartsWith(bound, times.BoundBy, StringComparison.Ordinal);
        Assert.Equal(1, times.Steps);
        Assert.Equal(1, times.Parts.Sum(part => part.Share), 9);
    }

    [Fact]
    public void Steps_of_a_version_that_did_not_time_have_no_shares() => Assert.Null(TimeShares.Of([Step(1, default)]));

    private static StepRecord Step(long step, StepTimes times) => new(1, new(step), 0.5, 0.1, 100, 0, 0.9, times);
}
