using ActorTrainer.Core.Gradients;
using ActorTrainer.Core.Randomness;
using CsCheck;

namespace ActorTrainer.Core.Tests.Gradients;

public sealed class SubtreeSumsSpec
{
    /// <summary>Shards, the cuts between their owners, and a seed for values of very different size, so that the order of additions shows.</summary>
    private static readonly Gen<(int Shards, int[] Cuts, ulong Seed)> Cases = Gen.Int[0, 5].SelectMany(log =>
        Gen.Select(Gen.Int[0, 1 << log].Array[0, 6], Gen.ULong, (cuts, seed) => (1 << log, cuts, seed)));

    [Fact]
    public void Any_cut_of_the_shards_over_trainers_gives_the_bits_of_the_recursion() => Cases.Sample(c =>
    {
        float[][] shards = Shards(c.Shards, c.Seed);
        Assert.Equal(Recursive(shards), OverTrainers(shards, c.Cuts));
    }, iter: 500);

    [Fact]
    public void Adding_from_left_to_right_would_give_other_bits()
    {
        float[][] shards = Shards(8, seed: 1);
        float[] leftToRight = [.. shards[0]];
        foreach (float[] shard in shards.Skip(1)) SubtreeSums.Add(leftToRight, shard);

        Assert.NotEqual(Recursive(shards), leftToRight);
    }

    [Fact]
    public void Vectors_give_the_bits_of_scalars_at_every_length() => Gen.Select(Gen.Int[0, 100], Gen.ULong).Sample((length, seed) =>
    {
        var random = new RandomStream(seed, RandomPurpose.Test, 0, 0);
        double[] left = new double[length], right = new double[length];
        for (int i = 0; i < length; i++) (left[i], right[i]) = (random.NextGaussian() * 1e8, random.NextGaussian());
        float[] leftSingle = [.. left.Select(x => (float)x)], rightSingle = [.. right.Select(x => (float)x)];
        double[] expected = [.. left.Zip(right, (a, b) => a + b)];
        float[] expectedSingle = [.. leftSingle.Zip(rightSingle, (a, b) => a + b)];

        SubtreeSums.Add(left, right);
        SubtreeSums.Add(leftSingle, rightSingle);

        Assert.Equal(expected, left);
        Assert.Equal(expectedSingle, leftSingle);
    });

    [Fact]
    public void No_more_sums_wait_than_the_tree_is_deep()
    {
        var sum = new SubtreeSum<int>((a, b) => a + b);
        for (int shard = 0; shard < 1024; shard++)
        {
            sum.Add(new(shard, 1), 1);
            Assert.InRange(sum.Parts.Count, 1, 10);
        }

        Assert.Equal((new Subtree(0, 1024), 1024), Assert.Single(sum.Parts));
    }

    [Fact]
    public void Parts_that_do_not_follow_each_other_or_are_no_node_are_refused()
    {
        var sum = new SubtreeSum<int>((a, b) => a + b);
        sum.Add(new(0, 2), 1);

        Assert.Throws<ArgumentException>(() => sum.Add(new(3, 1), 1));
        Assert.Throws<ArgumentException>(() => sum.Add(new(0, 2), 1));
        Assert.Throws<ArgumentException>(() => sum.Add(new(2, 4), 1));
        Assert.Throws<ArgumentException>(() => sum.Add(new(2, 3), 1));
        Assert.Throws<ArgumentException>(() => SubtreeSums.Add(new float[3], new float[4]));
    }

    private static float[][] Shards(int count, ulong seed) =>
        [.. Enumerable.Range(0, count).Select(shard =>
        {
            var random = new RandomStream(seed, RandomPurpose.Test, 0, (ulong)shard);
            float[] values = new float[5];
            for (int i = 0; i < values.Length; i++) values[i] = (float)(random.NextGaussian() * Math.Pow(10, random.NextInt32(8)));
            return values;
        })];

    private static float[] Recursive(ReadOnlySpan<float[]> shards)
    {
        if (shards.Length == 1) return shards[0];
        float[] left = Recursive(shards[..(shards.Length / 2)]), right = Recursive(shards[(shards.Length / 2)..]);
        return [.. left.Zip(right, (a, b) => a + b)];
    }

    /// <summary>Each trainer adds its own shards up as far as it can; then all parts are added.</summary>
    private static float[] OverTrainers(float[][] shards, int[] cuts)
    {
        int[] bounds = [0, .. cuts.Order(), shards.Length];
        var all = new SubtreeSum<float[]>(Add);
        foreach (var (first, end) in bounds.Zip(bounds.Skip(1)))
        {
            var own = new SubtreeSum<float[]>(Add);
            for (int shard = first; shard < end; shard++) own.Add(new(shard, 1), [.. shards[shard]]);
            Assert.Equal(new ShardLayout(shards.Length).Subtrees(new(first, end)), own.Parts.Select(part => part.At));
            foreach (var (at, sum) in own.Parts) all.Add(at, sum);
        }

        return Assert.Single(all.Parts).Sum;

        static float[] Add(float[] left, float[] right)
        {
            SubtreeSums.Add(left, right);
            return left;
        }
    }
}
