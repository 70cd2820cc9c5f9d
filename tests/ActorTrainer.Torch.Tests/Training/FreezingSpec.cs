using ActorTrainer.Core.Training;

namespace ActorTrainer.Torch.Tests.Training;

public sealed class FreezingSpec
{
    private static readonly string[] Statistics = [".running_mean", ".running_var", ".num_batches_tracked"];

    [Fact]
    public void A_frozen_layer_does_not_move_at_all()
    {
        string[] moved = Moved(new() { Trainable = ["layer4.*", "head"] });

        Assert.All(moved, name => Assert.True(name.StartsWith("layer4.", StringComparison.Ordinal) || name.StartsWith("fc.", StringComparison.Ordinal), name));
        Assert.Contains("layer4.0.bn1.running_mean", moved);
        Assert.Contains("layer4.0.bn1.num_batches_tracked", moved);
        Assert.Contains("fc.bias", moved);
    }

    [Fact]
    public void A_layer_frozen_after_it_was_trained_does_not_move_either()
    {
        var course = Course(new Course.Leg { Epochs = 1 }, new Course.Leg { Epochs = 1, Trainable = ["head"] });
        using var session = course.Begin();
        var (cursor, _) = course.Run(session, TrainingCursor.Start, 3);
        var before = session.Capture(cursor);

        var (end, _) = course.Run(session, cursor, 2);

        Assert.Equal(1, cursor.Phase);
        Assert.Equal(["fc.bias", "fc.weight"], Bits.Moved(before.Weights, session.Capture(end).Weights).Order());
    }

    [Fact]
    public void Frozen_batch_norm_keeps_its_statistics_and_trains_its_weights()
    {
        string[] moved = Moved(new() { BatchNorm = BatchNormMode.Frozen });

        Assert.DoesNotContain(moved, name => Statistics.Any(name.EndsWith));
        Assert.Contains("bn1.weight", moved);
        Assert.Contains("layer4.1.conv2.weight", moved);
    }

    [Fact]
    public void Everything_moves_where_nothing_is_frozen()
    {
        var course = Course(new Course.Leg());
        using var session = course.Begin();
        int all = session.Capture(TrainingCursor.Start).Weights.Length;

        Assert.Equal(all, Moved(new()).Length);
    }

    [Fact]
    public void Batches_are_counted_once_a_step_whatever_the_shards()
    {
        var course = Course(new Course.Leg()) with { Shards = 2 };
        using var session = course.Begin();
        var (cursor, _) = course.Run(session, TrainingCursor.Start, 2);

        var counts = session.Capture(cursor).Weights.Where(tensor => tensor.Name.EndsWith("num_batches_tracked", StringComparison.Ordinal));

        Assert.All(counts, count => Assert.Equal(2, BitConverter.ToInt64(count.Data.Span)));
    }

    private static Course Course(params Course.Leg[] legs) =>
        new() { Architecture = "resnet18", ImageSize = 48, Samples = 22, BatchSize = 8, Legs = [.. legs] };

    private static string[] Moved(Course.Leg leg)
    {
        var course = Course(leg);
        using var session = course.Begin();
        var before = session.Capture(TrainingCursor.Start);
        var (cursor, _) = course.Run(session, TrainingCursor.Start, 2);
        return Bits.Moved(before.Weights, session.Capture(cursor).Weights);
    }
}
