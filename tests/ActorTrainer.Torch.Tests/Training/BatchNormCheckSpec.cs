using ActorTrainer.Core.Gradients;
using ActorTrainer.Core.Training;

namespace ActorTrainer.Torch.Tests.Training;

public sealed class BatchNormCheckSpec
{
    /// <summary>At 32 x 32 ResNet-18's last stage has one pixel.</summary>
    private static readonly Course Starving = new() { Architecture = "resnet18", ImageSize = 32, Samples = 9, BatchSize = 8, Shards = 4 };

    [Fact]
    public void A_shard_of_one_sample_is_refused_before_training()
    {
        var engine = new TorchEngine();

        engine.Check(Starving.Job, [[8]]);
        var thrown = Assert.Throws<EngineException>(() => engine.Check(Starving.Job, [[8, 5]]));

        Assert.Contains("5 samples over 4 logical shards", thrown.Message, StringComparison.Ordinal);
        Assert.Contains("'layer4.0.bn1'", thrown.Message, StringComparison.Ordinal);
        Assert.Throws<EngineException>(() => engine.Check(Starving.Job, [[1]]));
    }

    [Fact]
    public void Where_a_sample_has_more_pixels_or_statistics_are_frozen_it_may_stand_alone()
    {
        var engine = new TorchEngine();

        engine.Check((Starving with { ImageSize = 48 }).Job, [[5]]);
        engine.Check((Starving with { Legs = [new() { BatchNorm = BatchNormMode.Frozen }] }).Job, [[5]]);
        engine.Check((Starving with { Legs = [new() { Trainable = ["head"] }] }).Job, [[5]]);
        engine.Check(new Course { Shards = 4 }.Job, [[5]]);
    }

    [Fact]
    public void A_session_refuses_it_too_and_goes_on()
    {
        using var session = Starving.Begin();
        var next = Starving.Plan.Advance(TrainingCursor.Start);
        var at = Starving.Plan.Coordinates(TrainingCursor.Start);
        using var last = Starving.Batch(next);
        var before = session.Capture(TrainingCursor.Start);

        Assert.Throws<EngineException>(() => session.Compute(last, at, ShardRange.All(4)));

        Bits.Same(before, session.Capture(TrainingCursor.Start));
        Starving.Step(session, TrainingCursor.Start);
    }
}
