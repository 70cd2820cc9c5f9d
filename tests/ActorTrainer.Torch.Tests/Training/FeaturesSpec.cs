using System.Buffers;
using ActorTrainer.Core.Data;
using ActorTrainer.Core.Gradients;
using ActorTrainer.Core.Training;
using ActorTrainer.Torch.Training;
using static TorchSharp.torch;

namespace ActorTrainer.Torch.Tests.Training;

/// <summary>A head on what a frozen backbone gives, instead of the whole model on pictures.</summary>
public sealed class FeaturesSpec
{
    private static Course HeadAlone { get; } = new() { Legs = [new() { Trainable = ["head"], BatchNorm = BatchNormMode.Frozen }] };

    /// <summary>Nothing in LeNet-5 tells training from evaluation, and one shard's forward pass is one block's: the same sums, the same bits.</summary>
    [Theory]
    [InlineData(Precision.Fp32)]
    [InlineData(Precision.Fp64)]
    [InlineData(Precision.Bf16)]
    public void Steps_on_features_are_steps_on_pictures_where_batch_and_block_are_the_same(Precision precision)
    {
        var course = HeadAlone with { Precision = precision };
        using var onPictures = course.Begin();
        using var onFeatures = course.Begin();
        var plan = course.Plan;
        for (var cursor = TrainingCursor.Start; !plan.IsFinished(cursor); cursor = plan.Advance(cursor))
            Assert.Equal(course.Step(onPictures, cursor), StepOnFeatures(course, onFeatures, cursor));

        var end = TrainingCursor.Start with { Phase = 1, Step = new(plan.Steps) };
        Bits.Same(onPictures.Capture(end), onFeatures.Capture(end));
    }

    /// <summary>With dropout before the head, which stays what seed, step and shard make it.</summary>
    [Fact]
    public void Shards_of_a_batch_of_features_are_trained_as_those_of_a_batch_of_pictures()
    {
        var course = HeadAlone with { Architecture = "mobilenet_v2", Channels = 3, ImageSize = 32, Shards = 2, Dropout = 0.5 };
        using var session = course.Begin();
        using var pictures = course.Batch(TrainingCursor.Start);
        using var features = OnFeatures(session, pictures);
        var at = course.Plan.Coordinates(TrainingCursor.Start);

        double onPictures = session.Compute(pictures, at, ShardRange.All(2))[0].Tail.Loss;
        double onFeatures = session.Compute(features, at, ShardRange.All(2))[0].Tail.Loss;
        double later = session.Compute(features, at, ShardRange.All(2))[0].Tail.Loss;

        Assert.Equal(onPictures, onFeatures, 1e-4);       // the block was one forward pass, the shards were two
        Assert.Equal(onFeatures, later);
    }

    [Fact]
    public void Features_are_of_evaluation_and_change_nothing()
    {
        var course = HeadAlone with { Architecture = "mobilenet_v2", Channels = 3, ImageSize = 32, Legs = [new()] };
        using var session = course.Begin();
        using var pictures = course.Batch(TrainingCursor.Start);
        var before = session.Capture(TrainingCursor.Start);

        byte[] features = session.Features(pictures);

        Assert.Equal(features, session.Features(pictures));
        Bits.Same(before, session.Capture(TrainingCursor.Start));
        Assert.Equal(course.Step(course.Begin(), TrainingCursor.Start), course.Step(session, TrainingCursor.Start));
    }

    [Fact]
    public void The_backbone_is_another_where_its_weights_or_its_numerics_are()
    {
        using var session = HeadAlone.Begin();
        string backbone = session.Backbone;
        HeadAlone.Run(session, TrainingCursor.Start, 2);
        Assert.Equal(backbone, session.Backbone);

        using var again = HeadAlone.Begin();
        Assert.Equal(backbone, again.Backbone);
        foreach (var other in new[] { HeadAlone with { Precision = Precision.Bf16 }, HeadAlone with { Precision = Precision.Fp64 }, HeadAlone with { Legs = [new()] } })
        {
            using var different = other.Begin();
            other.Run(different, TrainingCursor.Start, 1);
            Assert.NotEqual(backbone, different.Backbone);
        }
    }

    [Fact]
    public void Features_of_another_width_are_refused_before_native_code_sees_them()
    {
        using var session = HeadAlone.Begin();
        using var pictures = HeadAlone.Batch(TrainingCursor.Start);
        using var wrong = HostBatch.OfFeatures(pictures.Request, 8, MemoryPool<byte>.Shared.Rent(64), pictures.Labels, pictures.Weights, default);
        Assert.Throws<ArgumentException>(() => session.Compute(wrong, HeadAlone.Plan.Coordinates(TrainingCursor.Start), ShardRange.All(1)));
    }

    [Theory]
    [InlineData("lenet5", 32)]
    [InlineData("alexnet", 64)]
    [InlineData("vgg11", 32)]
    [InlineData("resnet18", 32)]
    [InlineData("mobilenet_v2", 32)]
    [InlineData("mobilenet_v3_small", 32)]
    [InlineData("vit_tiny", 32)]
    public void Every_architecture_is_its_head_on_its_features(string architecture, int imageSize)
    {
        using var scope = NewDisposeScope();
        using var still = no_grad();
        using var model = Some.Model(Some.Description(architecture, imageSize: imageSize));
        var pictures = arange(0, 2 * 3 * imageSize * imageSize, dtype: float32).div(1000).sin().view(2, 3, imageSize, imageSize);

        var features = model.Features(pictures);

        Assert.Equal([2L, model.FeatureCount], features.shape);
        Assert.Equal(model.call(pictures).data<float>().ToArray(), model.Logits(features).data<float>().ToArray());
        string[] behind = [.. model.named_parameters().Where(entry => model.IsHead(entry.name)).Select(entry => entry.name)];
        Assert.Equal([model.HeadPrefixes[0] + "weight", model.HeadPrefixes[0] + "bias"], behind);
    }

    private static StepResult StepOnFeatures(Course course, TrainSession session, TrainingCursor cursor)
    {
        using var pictures = course.Batch(cursor);
        using var features = OnFeatures(session, pictures);
        var at = course.Plan.Coordinates(cursor);
        return session.Apply(new LocalExchange().Exchange(session.Compute(features, at, ShardRange.All(course.Shards))), at);
    }

    private static HostBatch OnFeatures(TrainSession session, HostBatch pictures)
    {
        byte[] rows = session.Features(pictures);
        var memory = MemoryPool<byte>.Shared.Rent(rows.Length);
        rows.CopyTo(memory.Memory);
        return HostBatch.OfFeatures(pictures.Request, rows.Length / pictures.Count, memory, pictures.Labels, pictures.Weights, default);
    }
}
