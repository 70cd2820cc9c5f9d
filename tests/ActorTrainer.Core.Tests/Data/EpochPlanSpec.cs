using System.Collections.Immutable;
using ActorTrainer.Core.Data;
using ActorTrainer.Core.Training;
using CsCheck;

namespace ActorTrainer.Core.Tests.Data;

public sealed class EpochPlanSpec
{
    /// <summary>Training samples as a split leaves them: ascending numbers with gaps.</summary>
    private static readonly Gen<ImmutableArray<int>> Samples = Gen.Int[0, 500].Array[1, 300].Select(numbers => numbers.Distinct().Order().ToImmutableArray());

    [Fact]
    public void Kept_last_batches_make_every_sample_come_exactly_once_an_epoch() =>
        Gen.Select(Gen.ULong, Samples, Gen.Int[1, 70], Gen.Int[0, 50]).Sample((seed, samples, batch, epoch) =>
        {
            var plan = new EpochPlan(seed, samples, batch, LastBatch.Keep);
            var batches = Enumerable.Range(0, plan.StepsPerEpoch).Select(step => plan.Batch(epoch, step)).ToList();
            Assert.Equal(samples, batches.SelectMany(b => b).Order());
            Assert.All(batches.SkipLast(1), b => Assert.Equal(batch, b.Length));
            Assert.InRange(batches[^1].Length, 1, batch);
        }, iter: 200);

    [Fact]
    public void Dropped_last_batches_leave_whole_ones_without_repeats() =>
        Gen.Select(Gen.ULong, Samples, Gen.Int[1, 70], Gen.Int[0, 50]).Sample((seed, samples, batch, epoch) =>
        {
            var plan = new EpochPlan(seed, samples, batch, LastBatch.Drop);
            var batches = Enumerable.Range(0, plan.StepsPerEpoch).Select(step => plan.Batch(epoch, step)).ToList();
            int[] taken = [.. batches.SelectMany(b => b)];
            Assert.All(batches, b => Assert.Equal(batch, b.Length));
            Assert.Equal(samples.Length / batch * batch, taken.Distinct().Count());
            Assert.Subset(samples.ToHashSet(), taken.ToHashSet());
        }, iter: 200);

    [Fact]
    public void A_batch_does_not_depend_on_those_asked_for_before()
    {
        var plan = new EpochPlan(42, [.. Enumerable.Range(0, 1000)], 64, LastBatch.Keep);
        var expected = plan.Batch(7, 9);
        for (int epoch = 0; epoch < 3; epoch++) plan.Batch(epoch, 15);

        Assert.Equal<int>(expected, plan.Batch(7, 9));
        Assert.Equal<int>(expected, new EpochPlan(42, plan.Samples, 64, LastBatch.Keep).Batch(7, 9));
    }

    [Fact]
    public void Epochs_have_orders_of_their_own()
    {
        var plan = new EpochPlan(42, [.. Enumerable.Range(0, 1000)], 1000, LastBatch.Keep);

        Assert.Equal(10, Enumerable.Range(0, 10).Select(epoch => string.Join(' ', plan.Batch(epoch, 0))).Distinct().Count());
    }

    [Fact]
    public void A_dropped_remainder_can_leave_no_step_at_all() =>
        Assert.Equal(0, new EpochPlan(1, [1, 2, 3], 4, LastBatch.Drop).StepsPerEpoch);

    [Fact]
    public void A_step_outside_the_epoch_is_refused()
    {
        var plan = new EpochPlan(1, [1, 2, 3], 2, LastBatch.Keep);

        Assert.Throws<ArgumentOutOfRangeException>(() => plan.Batch(0, 2));
        Assert.Throws<ArgumentOutOfRangeException>(() => plan.Batch(0, -1));
    }
}
