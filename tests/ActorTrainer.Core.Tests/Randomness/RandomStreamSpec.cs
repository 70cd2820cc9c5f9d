using ActorTrainer.Core.Randomness;

namespace ActorTrainer.Core.Tests.Randomness;

public sealed class RandomStreamSpec
{
    /// <summary>Random123's known answers for philox4x32-10 (kat_vectors).</summary>
    [Theory]
    [InlineData(0u, 0u, 0u, 0u, 0u, 0u, 0x6627e8d5u, 0xe169c58du, 0xbc57ac4cu, 0x9b00dbd8u)]
    [InlineData(0xffffffffu, 0xffffffffu, 0xffffffffu, 0xffffffffu, 0xffffffffu, 0xffffffffu, 0x408f276du, 0x41c83b0eu, 0xa20bc7c6u, 0x6d5451fdu)]
    [InlineData(0x243f6a88u, 0x85a308d3u, 0x13198a2eu, 0x03707344u, 0xa4093822u, 0x299f31d0u, 0xd16cfe09u, 0x94fdccebu, 0x5001e420u, 0x24126ea1u)]
    public void Philox_gives_the_known_answers(uint c0, uint c1, uint c2, uint c3, uint k0, uint k1, uint r0, uint r1, uint r2, uint r3) =>
        Assert.Equal((r0, r1, r2, r3), RandomStream.Philox(c0, c1, c2, c3, k0, k1));

    /// <summary>Stored, from TestData/philox.py: these numbers decide what every experiment of every user trains, so they must never change.</summary>
    [Fact]
    public void The_numbers_of_a_stream_never_change()
    {
        var stream = new RandomStream(42, RandomPurpose.Augmentation, 3, 1234);
        var named = RandomStream.ForName(42, RandomPurpose.InitialWeights, "layer1.0.conv1.weight");

        Assert.Equal(Stored.Stream, Enumerable.Range(0, 6).Select(_ => stream.NextUInt32()));
        Assert.Equal(Stored.Named, Enumerable.Range(0, 2).Select(_ => named.NextUInt32()));
    }

    [Fact]
    public void A_stream_is_a_function_of_its_coordinates_alone()
    {
        var first = new RandomStream(1, RandomPurpose.Dropout, 2, 3);
        var again = new RandomStream(1, RandomPurpose.Dropout, 2, 3);
        for (int i = 0; i < 100; i++) Assert.Equal(first.NextUInt32(), again.NextUInt32());
    }

    [Fact]
    public void Streams_that_differ_in_one_coordinate_share_no_number()
    {
        const int Count = 256;
        var seen = new HashSet<uint>();
        int drawn = 0;
        foreach (ulong seed in new ulong[] { 0, 1, 1UL << 40 })
            foreach (var purpose in new[] { RandomPurpose.Augmentation, RandomPurpose.Dropout })
                foreach (ulong a in new ulong[] { 0, 1, 1UL << 32 })
                    foreach (ulong b in new ulong[] { 0, 1, 2, 1UL << 32 })
                    {
                        var stream = new RandomStream(seed, purpose, a, b);
                        for (int i = 0; i < Count; i++, drawn++) seen.Add(stream.NextUInt32());
                    }

        // 18,432 numbers of 2^32: 0.04 collisions are expected, two streams that meet would give 256.
        Assert.InRange(seen.Count, drawn - 3, drawn);
    }

    [Fact]
    public void Neighbouring_streams_are_not_correlated()
    {
        const int Count = 20_000;
        double sum = 0;
        for (int sample = 0; sample < Count; sample++)
        {
            var one = new RandomStream(7, RandomPurpose.Augmentation, 0, (ulong)sample);
            var next = new RandomStream(7, RandomPurpose.Augmentation, 0, (ulong)sample + 1);
            sum += (one.NextDouble() - 0.5) * (next.NextDouble() - 0.5);
        }

        Assert.InRange(sum / Count * 12, -0.035, 0.035);        // five standard deviations
    }

    [Fact]
    public void Uniform_numbers_are_uniform()
    {
        const int Count = 200_000, Bins = 50;
        var stream = new RandomStream(3, RandomPurpose.Test, 0, 0);
        int[] singles = new int[Bins], doubles = new int[Bins], ints = new int[Bins];
        for (int i = 0; i < Count; i++)
        {
            singles[(int)(stream.NextSingle() * Bins)]++;
            doubles[(int)(stream.NextDouble() * Bins)]++;
            ints[stream.NextInt32(Bins)]++;
        }

        Assert.All(new[] { singles, doubles, ints }, bins =>
        {
            double expected = (double)Count / Bins, chiSquare = bins.Sum(n => (n - expected) * (n - expected) / expected);
            Assert.InRange(chiSquare, 20, 95);      // 49 degrees of freedom: beyond this once in 10,000 seeds
        });
    }

    [Fact]
    public void Normal_numbers_have_the_moments_of_the_normal_distribution()
    {
        const int Count = 200_000;
        var stream = new RandomStream(5, RandomPurpose.Test, 0, 0);
        double[] numbers = new double[Count];
        for (int i = 0; i < Count; i++) numbers[i] = stream.NextGaussian();

        Assert.InRange(numbers.Average(), -0.012, 0.012);
        Assert.InRange(numbers.Average(x => x * x), 0.984, 1.016);
        Assert.InRange(numbers.Average(x => x * x * x), -0.05, 0.05);
        Assert.InRange(numbers.Average(x => x * x * x * x), 2.85, 3.15);
        Assert.InRange(numbers.Count(x => Math.Abs(x) < 1) / (double)Count, 0.6777, 0.6877);
    }

    [Fact]
    public void Numbers_stay_within_their_bounds()
    {
        var stream = new RandomStream(9, RandomPurpose.Test, 0, 0);
        for (int i = 0; i < 10_000; i++)
        {
            Assert.InRange(stream.NextSingle(), 0f, MathF.BitDecrement(1f));
            Assert.InRange(stream.NextDouble(-2, 3), -2, 3);
            Assert.InRange(stream.NextInt32(3), 0, 2);
            Assert.Equal(0, stream.NextInt32(1));
            Assert.True(double.IsFinite(stream.NextGaussian()));
        }

        Assert.Throws<ArgumentOutOfRangeException>(() => new RandomStream(9, RandomPurpose.Test, 0, 0).NextInt32(0));
    }

    [Fact]
    public void Names_have_streams_of_their_own()
    {
        var names = Enumerable.Range(0, 1000).Select(i => RandomStream.ForName(1, RandomPurpose.InitialWeights, $"layer{i}.weight").NextUInt32());

        Assert.Equal(1000, names.Distinct().Count());
    }

    private static class Stored
    {
        public static readonly uint[] Stream = [3626976981, 4276564698, 3830784915, 1442223410, 288531604, 490315113];
        public static readonly uint[] Named = [2049006956, 1094537913];
    }
}
