using ActorTrainer.Core.Data;
using CsCheck;

namespace ActorTrainer.Core.Tests.Data;

public sealed class FeatureBlocksSpec
{
    [Fact]
    public void Every_sample_stands_in_one_block_at_one_row() =>
        Gen.Select(Gen.Int[0, 500].HashSet[1, 60], Gen.Int[1, 20]).Sample((samples, size) =>
        {
            var blocks = new FeatureBlocks([.. samples.Order()], size);
            var all = Enumerable.Range(0, blocks.Count).Select(index => blocks.Request(new(3, index))).ToList();

            Assert.Equal(blocks.Samples, all.SelectMany(request => request.Samples));
            Assert.All(all, request => Assert.Equal((3, blocks.RowsOf((int)request.Sequence)), (request.Epoch, request.Count)));
            Assert.All(all.SkipLast(1), request => Assert.Equal(size, request.Count));
            foreach (int sample in samples)
            {
                var (block, row) = blocks.PlaceOf(sample);
                Assert.Equal(sample, all[block].Samples[row]);
            }
        }, iter: 100);

    [Fact]
    public void A_sample_that_is_not_trained_on_stands_nowhere() => Assert.Throws<ArgumentOutOfRangeException>(() => new FeatureBlocks([1, 3, 5], 2).PlaceOf(4));
}
