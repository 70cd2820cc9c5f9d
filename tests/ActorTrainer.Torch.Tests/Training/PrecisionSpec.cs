using ActorTrainer.Core.Gradients;
using ActorTrainer.Core.Models;
using ActorTrainer.Core.Training;

namespace ActorTrainer.Torch.Tests.Training;

public sealed class PrecisionSpec
{
    [Fact]
    public void Bf16_computes_in_bf16_and_keeps_its_weights_in_fp32()
    {
        var exact = new Course { Architecture = "resnet18", ImageSize = 48, Legs = [new() { Epochs = 1 }] };
        var rough = exact with { Precision = Precision.Bf16 };
        using var first = exact.Begin();
        using var second = rough.Begin();

        var expected = exact.Run(first, TrainingCursor.Start).Results;
        var (end, actual) = rough.Run(second, TrainingCursor.Start);

        Assert.NotEqual(expected[0].Loss, actual[0].Loss);
        Assert.Equal(expected[0].Loss, actual[0].Loss, 0.05);
        Assert.All(second.Capture(end).Weights.Where(tensor => tensor.Type != TensorType.Int64), tensor => Assert.Equal(TensorType.Float32, tensor.Type));
    }

    [Fact]
    public void Fp64_begins_with_the_weights_of_fp32_and_keeps_its_own()
    {
        var single = new Course();
        var master = single with { Precision = Precision.Fp64 };
        TrainingState rough = single.Draw(), exact = master.Draw();

        Assert.All(exact.Weights.Zip(rough.Weights), pair =>
        {
            Assert.Equal(TensorType.Float64, pair.First.Type);
            Assert.Equal(pair.Second.Doubles(), pair.First.Doubles().Select(value => (double)(float)value));
        });
    }

    /// <summary>Batch norm's statistics are state, as weights are: they lose nothing.</summary>
    [Fact]
    public void Gradients_in_bf16_are_half_of_the_bytes_and_all_that_is_rounded()
    {
        var exact = new Course { Architecture = "resnet18", ImageSize = 48, Shards = 2, Legs = [new() { Epochs = 1 }] };
        var rough = exact with { Gradients = GradientPrecision.Bf16 };
        using var first = exact.Begin();
        using var second = rough.Begin();
        var at = exact.Plan.Coordinates(TrainingCursor.Start);
        using var batch = exact.Batch(TrainingCursor.Start);

        var (full, half) = (Assert.Single(first.Compute(batch, at, ShardRange.All(2))), Assert.Single(second.Compute(batch, at, ShardRange.All(2))));
        Assert.Equal((full.Tail, (int)second.Layout.ParameterElements * 2), (half.Tail, half.GradientBytes));
        Assert.Equal(full.Values.Length / 2, half.Values.Length - ((int)second.Layout.StatisticElements * 2));
        Assert.Equal(first.Apply(full, at), second.Apply(half, at));

        var end = exact.Plan.Advance(TrainingCursor.Start);
        string[] moved = Bits.Moved(first.Capture(end).Weights, second.Capture(end).Weights);
        Assert.Contains("conv1.weight", moved);
        Assert.DoesNotContain(moved, name => name.Contains("running_", StringComparison.Ordinal));
        Assert.All(second.Capture(end).Weights.Where(tensor => tensor.Type != TensorType.Int64), tensor => Assert.Equal(TensorType.Float32, tensor.Type));

        var (losses, others) = (exact.Run(first, end).Results, rough.Run(second, end).Results);
        Assert.All(losses.Zip(others), pair => Assert.Equal(pair.First.Loss, pair.Second.Loss, 0.1));
    }

    [Fact]
    public void What_bf16_switches_on_it_switches_off_again()
    {
        var exact = new Course();
        using var alone = exact.Begin();
        double expected = exact.Step(alone, TrainingCursor.Start).Loss;
        var rough = exact with { Precision = Precision.Bf16 };
        using (var session = rough.Begin()) rough.Step(session, TrainingCursor.Start);
        using var after = exact.Begin();

        Assert.Equal(expected, exact.Step(after, TrainingCursor.Start).Loss);
    }
}
