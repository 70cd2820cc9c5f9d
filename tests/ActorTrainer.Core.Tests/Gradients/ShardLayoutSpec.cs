using System.Numerics;
using ActorTrainer.Core.Gradients;
using CsCheck;

namespace ActorTrainer.Core.Tests.Gradients;

public sealed class ShardLayoutSpec
{
    private static readonly Gen<ShardLayout> Layouts = Gen.Int[0, 6].Select(log => new ShardLayout(1 << log));

    [Fact]
    public void The_shards_of_a_batch_are_the_batch_in_order_and_differ_by_one_sample_at_most() =>
        Gen.Select(Layouts, Gen.Int[0, 2000]).Sample((layout, count) =>
        {
            int at = 0;
            for (int shard = 0; shard < layout.Shards; shard++)
            {
                var (first, end) = layout.Positions(shard, count);
                Assert.Equal(at, first);
                Assert.InRange(end - first, count / layout.Shards, (count + layout.Shards - 1) / layout.Shards);
                at = end;
            }

            Assert.Equal(count, at);
        });

    [Fact]
    public void The_largest_batches_do_not_overflow()
    {
        var layout = new ShardLayout(1 << 20);

        Assert.Equal(int.MaxValue, layout.Positions(layout.Shards - 1, int.MaxValue).End);
    }

    [Fact]
    public void A_range_is_cut_into_the_fewest_aligned_subtrees_from_left_to_right() =>
        Gen.Select(Layouts, Gen.Int[0, 63], Gen.Int[0, 64]).Where((layout, first, end) => first <= end && end <= layout.Shards).Sample((layout, first, end) =>
        {
            var subtrees = layout.Subtrees(new(first, end)).ToList();
            int at = first;
            foreach (var subtree in subtrees)
            {
                Assert.Equal(at, subtree.First);
                Assert.True(BitOperations.IsPow2(subtree.Size) && subtree.First % subtree.Size == 0, subtree.ToString());
                at += subtree.Size;
            }

            Assert.Equal(end, at);
            Assert.All(subtrees.Zip(subtrees.Skip(1)), pair =>      // two halves of one node would have been that node
                Assert.False(pair.First.Size == pair.Second.Size && pair.First.First % (2 * pair.First.Size) == 0));
        });

    [Fact]
    public void All_shards_are_one_subtree() => Assert.Equal([new Subtree(0, 8)], new ShardLayout(8).Subtrees(ShardRange.All(8)));

    [Theory]
    [InlineData(0)]
    [InlineData(-4)]
    [InlineData(3)]
    [InlineData(6)]
    public void Shards_are_a_power_of_two(int shards) => Assert.Throws<ArgumentException>(() => new ShardLayout(shards));
}
