using ActorTrainer.Core.Gradients;
using ActorTrainer.Core.Randomness;
using ActorTrainer.Torch.Gradients;
using static TorchSharp.torch;

namespace ActorTrainer.Torch.Tests.Gradients;

public sealed class ShardTreeSpec
{
    [Theory]
    [InlineData(1, 0, 1)]
    [InlineData(8, 0, 8)]
    [InlineData(8, 3, 8)]
    [InlineData(8, 1, 7)]
    [InlineData(16, 5, 6)]
    [InlineData(64, 0, 64)]
    public void Sums_are_those_of_the_recursion_from_the_root(int shards, int first, int end)
    {
        using var work = New();
        int allocated = 0;
        using var tree = new ShardTree(work, () =>
        {
            allocated++;
            return New();
        }, lendsWork: true);

        for (int round = 0; round < 2; round++)
        {
            var parts = tree.Sum(new(first, end), Compute);

            Assert.Equal(new ShardLayout(shards).Subtrees(new(first, end)), parts.Select(part => part.At));
            foreach (var (at, sum) in parts) Assert.Equal(Expected(at), ((FlatVector)sum).Tensor.item<float>());
        }

        Assert.True(allocated <= 2 * Math.Log2(shards) + 1, $"{allocated} vectors");

        void Compute(int shard) => work.Tensor.fill_(Value(shard));
    }

    private static float Expected(Subtree at) =>
        at.Size == 1 ? Value(at.First) : Expected(new(at.First, at.Size / 2)) + Expected(new(at.First + at.Size / 2, at.Size / 2));

    private static float Value(int shard) => new RandomStream(1, RandomPurpose.Test, (ulong)shard, 0).NextSingle();

    private static FlatVector New() => new(1, ScalarType.Float32, CPU);
}
