using ActorTrainer.Core.Training;

namespace ActorTrainer.Torch.Tests.Training;

public sealed class TrainSessionSpec
{
    [Theory]
    [InlineData("sgd")]
    [InlineData("adam")]
    [InlineData("adamw")]
    public void The_loss_falls(string optimizer)
    {
        var course = new Course { Legs = [new() { Epochs = 8, Optimizer = Course.Optimizer(optimizer) }] };
        using var session = course.Begin();

        var results = course.Run(session, TrainingCursor.Start).Results;

        Assert.True(results[^1].Loss < 0.6 * results[0].Loss, $"{results[0].Loss} -> {results[^1].Loss}");
        Assert.All(results, result => Assert.InRange(result.Correct, 0, result.Samples));
    }

    [Fact]
    public void What_is_captured_is_what_was_begun_with()
    {
        var course = new Course();
        using var first = course.Begin();
        var (cursor, _) = course.Run(first, TrainingCursor.Start, 4);
        var state = first.Capture(cursor);

        using var second = course.Open();
        second.Begin(cursor, state);

        Bits.Same(state, second.Capture(cursor));
    }
}
