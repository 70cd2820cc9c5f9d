using ActorTrainer.Core.Gradients;
using ActorTrainer.Core.Randomness;
using ActorTrainer.Core.Training;
using ActorTrainer.Torch.Gradients;
using TorchSharp;
using static TorchSharp.torch;

namespace ActorTrainer.Torch.Tests.Gradients;

public sealed class Bf16SumSpec : IDisposable
{
    private static readonly FlatLayout Layout = FlatLayout.Create([new("w", [5, 7], default), new("b", [3], default)], [("mean", [3])], sizeof(float));
    private readonly FlatVector _work = new(Layout.Elements, ScalarType.Float32, CPU);

    public void Dispose() => _work.Dispose();

    [Fact]
    public void Gradients_are_rounded_statistics_are_not_and_both_come_back()
    {
        float[] values = Draw(0);
        using var sum = Rounded(values);
        int gradients = (int)Layout.ParameterElements;
        Assert.Equal(2 * gradients, sum.GradientBytes);
        Assert.Equal((2 * gradients) + (4 * (int)Layout.StatisticElements), sum.HandOut().Length);

        _work.Tensor.zero_();
        Bf16Sum.Widen(sum.HandOut().Span, Layout, _work);

        Assert.Equal([.. values[..gradients].Select(Round), .. values[gradients..]], _work.Tensor.data<float>().ToArray());
    }

    [Theory]
    [InlineData(1, 0, 1)]
    [InlineData(8, 0, 8)]
    [InlineData(8, 1, 7)]
    [InlineData(16, 5, 6)]
    public void A_trees_sums_are_rounded_at_every_node(int shards, int first, int end)
    {
        int allocated = 0;
        using var tree = new ShardTree(_work, () =>
        {
            allocated++;
            return new Bf16Sum(Layout, CPU);
        }, lendsWork: false);

        for (int round = 0; round < 2; round++)
        {
            var parts = tree.Sum(new(first, end), shard => _work.Tensor.copy_(tensor(Draw(shard))));

            Assert.Equal(new ShardLayout(shards).Subtrees(new(first, end)), parts.Select(part => part.At));
            foreach (var (at, sum) in parts)
            {
                Bf16Sum.Widen(sum.HandOut().Span, Layout, _work);
                Assert.Equal(Expected(at), _work.Tensor.data<float>().ToArray());
            }
        }

        Assert.True(allocated <= 2 * Math.Log2(shards) + 1, $"{allocated} vectors");
    }

    [Theory]
    [InlineData(0, float.NaN)]
    [InlineData(37, float.NegativeInfinity)]
    [InlineData(20, float.MaxValue)]        // finite, but no bf16 is as large
    [InlineData(66, float.NaN)]             // a statistic
    [InlineData(66, float.PositiveInfinity)]
    public void What_is_not_finite_is_found(int place, float value)
    {
        float[] values = Draw(0);
        using (var healthy = Rounded(values)) Assert.True(double.IsFinite(healthy.Check().ToDouble()));
        values[place] = value;
        using var sum = Rounded(values);
        Assert.False(double.IsFinite(sum.Check().ToDouble()));
    }

    [Fact]
    public void A_sum_of_another_length_is_refused() => Assert.Throws<ArgumentException>(() => Bf16Sum.Widen(new byte[Layout.Elements * 4], Layout, _work));

    [Fact]
    public void A_device_that_is_no_CPU_is_refused() =>
        Assert.Contains("training.gradients", Assert.Throws<EngineException>(() => new Bf16Sum(Layout, META)).Message, StringComparison.Ordinal);

    private Bf16Sum Rounded(float[] values)
    {
        var sum = new Bf16Sum(Layout, CPU);
        _work.Tensor.copy_(tensor(values));
        sum.Take(_work);
        return sum;
    }

    private static float[] Expected(Subtree at)
    {
        int gradients = (int)Layout.ParameterElements;
        float[] values = at.Size == 1 ? Draw(at.First)
            : [.. Expected(new(at.First, at.Size / 2)).Zip(Expected(new(at.First + (at.Size / 2), at.Size / 2)), (left, right) => left + right)];
        return [.. values.Select((value, i) => i < gradients ? Round(value) : value)];
    }

    private static float Round(float value) => Bf16.Widen(Bf16.Round(value));

    private static float[] Draw(int shard)
    {
        var random = new RandomStream(1, RandomPurpose.Test, (ulong)shard, 0);
        float[] values = new float[Layout.Elements];
        for (int i = 0; i < values.Length; i++) values[i] = (float)random.NextGaussian();
        return values;
    }
}
