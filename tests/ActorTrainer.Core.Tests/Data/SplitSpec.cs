using ActorTrainer.Core.Data;
using CsCheck;

namespace ActorTrainer.Core.Tests.Data;

public sealed class SplitSpec
{
    [Fact]
    public void Train_and_validation_are_the_whole_without_overlap_and_ascend() =>
        Gen.Select(Gen.Int[1, 40].Array[1, 8], Gen.Double[0.01, 0.99], Gen.ULong).Sample((sizes, share, seed) =>
        {
            var manifest = Manifest(sizes);
            var (train, validation) = Split.ByShare(manifest, share, seed);
            Assert.Equal(Enumerable.Range(0, manifest.Samples.Length), train.Concat(validation).Order());
            Assert.Equal(train.Order(), train);
            Assert.Equal(validation.Order(), validation);
        }, iter: 200);

    [Fact]
    public void Every_class_gives_its_rounded_share_and_keeps_at_least_one() =>
        Gen.Select(Gen.Int[1, 40].Array[1, 8], Gen.Double[0.01, 0.99], Gen.ULong).Sample((sizes, share, seed) =>
        {
            var manifest = Manifest(sizes);
            var (train, validation) = Split.ByShare(manifest, share, seed);
            for (int c = 0; c < sizes.Length; c++)
            {
                int held = validation.Count(i => manifest.Samples[i].Class == c), kept = train.Count(i => manifest.Samples[i].Class == c);
                Assert.True(kept >= 1);
                Assert.Equal(sizes[c] == 1 ? 0 : Math.Clamp((int)Math.Round(share * sizes[c], MidpointRounding.AwayFromZero), 1, sizes[c] - 1), held);
            }
        }, iter: 200);

    [Fact]
    public void It_is_drawn_by_seed()
    {
        var manifest = Manifest(50, 50);

        Assert.Equal<int>(Split.ByShare(manifest, 0.2, 1).Validation, Split.ByShare(manifest, 0.2, 1).Validation);
        Assert.NotEqual<int>(Split.ByShare(manifest, 0.2, 1).Validation, Split.ByShare(manifest, 0.2, 2).Validation);
    }

    [Fact]
    public void A_class_is_drawn_by_its_own_number_and_size_alone()
    {
        var two = Split.ByShare(Manifest(30, 40), 0.25, 9).Validation;
        var three = Split.ByShare(Manifest(30, 40, 50), 0.25, 9).Validation;

        Assert.Equal(two, three.Where(i => i < 70));
    }

    private static DataManifest Manifest(params int[] sizes) => new(
        [.. sizes.Select((_, c) => $"class{c}")],
        [.. sizes.SelectMany((size, c) => Enumerable.Range(0, size).Select(i => new SampleEntry($"class{c}/{i:000}.png", c, 1, new string('0', 64))))]);
}
