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
