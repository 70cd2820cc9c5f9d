using System.Collections.Immutable;
using System.Runtime.InteropServices;
using ActorTrainer.Core.Gradients;
using ActorTrainer.Core.Models;
using ActorTrainer.Core.Training;
using ActorTrainer.Torch.Training;

namespace ActorTrainer.Torch.Tests.Training;

public sealed class ShardsSpec
{
    /// <summary>Cuts of 8 shards among trainers: even, uneven, and across the tree's branches.</summary>
    public static TheoryData<int[]> Partitions => new()
    {
        new[] { 0, 4, 8 }, new[] { 0, 3, 8 }, new[] { 0, 1, 2, 8 }, new[] { 0, 3, 6, 7, 8 }, new[] { 0, 2, 4, 5, 7, 8 },
        new[] { 0, 1, 3, 4, 6, 7, 8 }, new[] { 0, 1, 2, 3, 5, 6, 7, 8 }, new[] { 0, 1, 2, 3, 4, 5, 6, 7, 8 },
    };

    /// <summary>The last batch has 5 samples: three shards are empty. Statistics of batch norm and dropout depend on the shard.</summary>
    [Theory]
    [MemberData(nameof(Partitions))]
    public void Whoever_owns_which_shard_the_bits_are_the_same(int[] cuts) => AssertSameBits(cuts, GradientPrecision.Full);

    [Theory]
    [MemberData(nameof(Partitions))]
    public void So_they_are_where_every_sum_is_rounded(int[] cuts) => AssertSameBits(cuts, GradientPrecision.Bf16);

    private static void AssertSameBits(int[] cuts, GradientPrecision gradients)
    {
        var course = new Course { Architecture = "mobilenet_v2", ImageSize = 64, Shards = 8, Gradients = gradients, Samples = 21, BatchSize = 16, Legs = [new() { Epochs = 1 }] };
        using var alone = course.Begin();
        var (end, expected) = course.Run(alone, TrainingCursor.Start);
        ImmutableArray<TrainSession> trainers = [.. cuts.Skip(1).Select(_ => course.Begin())];

        var actual = new List<StepResult>();
        for (var cursor = TrainingCursor.Start; cursor != end; cursor = course.Plan.Advance(cursor)) actual.Add(Together(course, trainers, cuts, cursor));

        Assert.Equal(expected, actual);
        foreach (var trainer in trainers)
        {
            Bits.Same(alone.Capture(end), trainer.Capture(end));
            trainer.Dispose();
        }
    }

    /// <summary>
    /// What is given early is final: whatever happens to its bytes while the rest is computed (they are added to others'), the rest is as it was. Where norms and
    /// biases do not decay, what is early stands in several places.
    /// </summary>
    [Theory]
    [InlineData(new[] { 0, 4, 8 }, false, false)]
    [InlineData(new[] { 0, 3, 8 }, true, false)]
    [InlineData(new[] { 0, 3, 6, 7, 8 }, false, true)]
    [InlineData(new[] { 0, 1, 2, 3, 4, 5, 6, 7, 8 }, true, true)]
    public void A_part_of_the_sums_can_be_given_early(int[] cuts, bool decays, bool rounded)
    {
        var course = new Course
        {
            Architecture = "mobilenet_v2", ImageSize = 64, Shards = 8, Samples = 21, BatchSize = 16, Gradients = rounded ? GradientPrecision.Bf16 : GradientPrecision.Full,
            Legs = [new() { Epochs = 1, Optimizer = decays ? Course.Sgd with { WeightDecay = 0.01, DecayNormAndBias = false } : Course.Sgd }],
        };
        using var alone = course.Begin();
        var (end, expected) = course.Run(alone, TrainingCursor.Start);
        ImmutableArray<TrainSession> trainers = [.. cuts.Skip(1).Select(_ => course.Begin())];

        var actual = new List<StepResult>();
        for (var cursor = TrainingCursor.Start; cursor != end; cursor = course.Plan.Advance(cursor)) actual.Add(Together(course, trainers, cuts, cursor, early: true));

        Assert.Equal(expected, actual);
        foreach (var trainer in trainers)
        {
            Bits.Same(alone.Capture(end), trainer.Capture(end));
            trainer.Dispose();
        }
    }

    [Fact]
    public void Where_nothing_is_trained_before_the_seam_nothing_is_early()
    {
        var course = new Course { Architecture = "mobilenet_v2", ImageSize = 64, Shards = 2, Legs = [new() { Epochs = 1, Trainable = ["classifier"] }] };
        using var session = course.Begin();
        using var batch = course.Batch(TrainingCursor.Start);
        session.Compute(batch, course.Plan.Coordinates(TrainingCursor.Start), new(0, 1), _ => Assert.Fail("there is no early part"));
    }

    /// <summary>As a GPU's are: through the host where the sums are added there, and never seen by it where there is nothing to add.</summary>
    [Fact]
    public void Sums_that_are_handed_out_by_copy_give_the_same_bits_and_are_not_copied_without_need()
    {
        var course = new Course { Architecture = "mobilenet_v2", ImageSize = 64, Shards = 2, Samples = 21, BatchSize = 16, Legs = [new() { Epochs = 1 }] };
        using var direct = course.Begin();
        var (end, expected) = course.Run(direct, TrainingCursor.Start);
        var staged = course with { Staged = true };
        using TrainSession alone = staged.Begin(), left = staged.Begin(), right = staged.Begin();

        for (var (cursor, step) = (TrainingCursor.Start, 0); cursor != end; cursor = course.Plan.Advance(cursor), step++)
        {
            var at = course.Plan.Coordinates(cursor);
            using (var batch = course.Batch(cursor))
            {
                var sum = Assert.Single(alone.Compute(batch, at, new(0, 2)));
                Assert.Equal(expected[step], alone.Apply(sum, at));
                Assert.False(DeviceMemory.Of(sum.Values)!.IsOnHost);
            }

            using var again = course.Batch(cursor);
            var (one, other) = (Assert.Single(left.Compute(again, at, new(0, 1))), Assert.Single(right.Compute(again, at, new(1, 2))));
            SubtreeSums.Add(MemoryMarshal.Cast<byte, float>(one.Values.Span), MemoryMarshal.Cast<byte, float>(other.Values.Span));
            one.Values.Span.CopyTo(other.Values.Span);
            Assert.Equal(expected[step], left.Apply(new(new(0, 2), one.Values, one.Tail + other.Tail), at));
            Assert.Equal(expected[step], right.Apply(new(new(0, 2), other.Values, one.Tail + other.Tail), at));
        }

        foreach (var session in (TrainSession[])[alone, left, right]) Bits.Same(direct.Capture(end), session.Capture(end));
    }

    [Fact]
    public void The_number_of_shards_is_part_of_what_is_trained()
    {
        var one = new Course { Architecture = "resnet18", ImageSize = 48, Shards = 1 };
        var two = one with { Shards = 2 };
        using TrainSession first = one.Begin(), second = two.Begin();

        double alone = one.Step(first, TrainingCursor.Start).Loss, together = two.Step(second, TrainingCursor.Start).Loss;

        Assert.NotEqual(alone, together);
        Assert.Equal(alone, together, 0.3);
    }

    [Fact]
    public void Without_batch_norm_shards_change_nothing_but_rounding()
    {
        var one = new Course { Precision = Precision.Fp64 };
        var eight = one with { Shards = 8 };
        using TrainSession first = one.Begin(), second = eight.Begin();

        var expected = one.Run(first, TrainingCursor.Start).Results;
        var actual = eight.Run(second, TrainingCursor.Start).Results;

        Assert.All(expected.Zip(actual), pair => Assert.Equal(pair.First.Loss, pair.Second.Loss, 12));
    }

    /// <summary>Each trainer computes its own range; the sums travel as copies, as over a wire.</summary>
    private static StepResult Together(Course course, ImmutableArray<TrainSession> trainers, int[] cuts, TrainingCursor cursor, bool early = false)
    {
        var at = course.Plan.Coordinates(cursor);
        var tree = new SubtreeSum<GradientSum>(static (left, right) =>
        {
            Add(left.Values.Span, right.Values.Span, left.GradientBytes);
            return left with { At = new(left.At.First, 2 * left.At.Size), Tail = left.Tail + right.Tail };
        });
        for (int i = 0; i < trainers.Length; i++)
        {
            using var batch = course.Batch(cursor);
            var given = new List<byte[]>();
            VectorPart? part = null;
            var sums = trainers[i].Compute(batch, at, new(cuts[i], cuts[i + 1]), !early ? null : sums =>
            {
                part = sums.Part;
                Assert.InRange(part.Bytes, sums.Sums[0].Values.Length / 2, sums.Sums[0].Values.Length - 1);
                foreach (var sum in sums.Sums)
                {
                    given.Add(sum.Values.ToArray());
                    foreach (var (offset, length) in part.Ranges) sum.Values.Span.Slice(offset, length).Fill(0xFF);
                }
            });
            Assert.Equal(early, part is not null);
            foreach (var (number, sum) in sums.Index())
            {
                byte[] values = sum.Values.ToArray();
                foreach (var (offset, length) in part?.Ranges ?? []) given[number].AsSpan(offset, length).CopyTo(values.AsSpan(offset));
                tree.Add(sum.At, sum with { Values = values });
            }
        }

        var total = Assert.Single(tree.Parts).Sum;
        var results = trainers.Select(trainer => trainer.Apply(total with { Values = total.Values.ToArray() }, at)).Distinct();
        return Assert.Single(results);
    }

    private static void Add(Span<byte> left, Span<byte> right, int? gradientBytes)
    {
        int rounded = gradientBytes ?? 0;
        SubtreeSums.Add(left[..rounded], right[..rounded], TensorType.BFloat16);
        SubtreeSums.Add(left[rounded..], right[rounded..], TensorType.Float32);
    }
}
