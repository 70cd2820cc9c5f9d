using ActorTrainer.Core.Evaluation;
using ActorTrainer.Core.Randomness;
using CsCheck;

namespace ActorTrainer.Core.Tests.Evaluation;

public sealed class EvaluationTallySpec
{
    [Fact]
    public void Loss_is_the_mean_cross_entropy()
    {
        // -log(e^1 / (e^1 + e^2 + e^3)) = 2.407605964444380 and -log(e^0 / (e^0 + e^0 + e^-1)) = 0.861994804058251
        var metrics = Tally(3, [1, 2, 3, 0, 0, -1], [0, 1]);

        Assert.Equal((2.407605964444380 + 0.861994804058251) / 2, metrics.Loss, 1e-12);
        Assert.Equal(2, metrics.Samples);
    }

    [Fact]
    public void Large_logits_do_not_overflow() => Assert.Equal(2000, Tally(2, [1000, -1000], [1]).Loss);

    [Fact]
    public void Of_equal_logits_the_lower_index_is_the_answer()
    {
        var metrics = Tally(3, [1, 1, 0, 1, 1, 0], [0, 1]);

        Assert.Equal(0.5, metrics.Top1);
        Assert.Equal<long>([1, 0, 0, 1, 0, 0, 0, 0, 0], metrics.Confusion);
    }

    [Fact]
    public void Top_5_counts_the_five_best()
    {
        float[] logits = [7, 6, 5, 4, 3, 2, 1];
        float[] equal = [1, 1, 1, 1, 1, 1, 1];

        Assert.Equal(5.0 / 7, Tally(7, [.. Enumerable.Repeat(logits, 7).SelectMany(x => x)], [0, 1, 2, 3, 4, 5, 6]).Top5);
        Assert.Equal(5.0 / 7, Tally(7, [.. Enumerable.Repeat(equal, 7).SelectMany(x => x)], [0, 1, 2, 3, 4, 5, 6]).Top5);
        Assert.Equal(1, Tally(2, [1, 0], [1]).Top5);
    }

    [Fact]
    public void A_NaN_makes_the_loss_NaN_and_counts_as_wrong()
    {
        var metrics = Tally(2, [float.NaN, 0, 5, 0, 0, float.NaN], [1, 0, 0]);

        Assert.True(double.IsNaN(metrics.Loss));
        Assert.Equal((3, 1.0 / 3, 1.0 / 3), (metrics.Samples, metrics.Top1, metrics.Top5));
        Assert.Equal<long>([1, 0, 0, 0], metrics.Confusion);
    }

    [Fact]
    public void A_sample_of_weight_0_is_left_out_whatever_it_is()
    {
        var with = new EvaluationTally(2);
        with.Add([1, 2, float.NaN, 0, 3, 1], [0, 1, 0], [1, 0, 1]);

        Assert.Equal(Tally(2, [1, 2, 3, 1], [0, 0]), with.Result());
    }

    [Fact]
    public void Weights_weigh_the_loss_and_not_the_counts()
    {
        var tally = new EvaluationTally(2);
        tally.Add([0, 0, 10, -10], [0, 0], [3, 1]);
        var metrics = tally.Result();

        Assert.Equal((3 * Math.Log(2) + Math.Log(1 + Math.Exp(-20))) / 4, metrics.Loss, 1e-12);
        Assert.Equal(2, metrics.Samples);
    }

    [Fact]
    public void Nothing_counted_is_not_a_number()
    {
        var metrics = new EvaluationTally(3).Result();

        Assert.Equal((0, double.NaN, double.NaN, double.NaN), (metrics.Samples, metrics.Loss, metrics.Top1, metrics.Top5));
    }

    [Fact]
    public void How_samples_fall_into_batches_changes_no_bit() => Gen.Select(Gen.ULong, Gen.Int[1, 60], Gen.Int[1, 20], Gen.Int[1, 60]).Sample((seed, samples, classes, batch) =>
    {
        var random = new RandomStream(seed, RandomPurpose.Test, 0, 0);
        float[] logits = new float[samples * classes];
        int[] labels = new int[samples];
        for (int i = 0; i < logits.Length; i++) logits[i] = (float)random.NextGaussian();
        for (int i = 0; i < samples; i++) labels[i] = random.NextInt32(classes);
        var tally = new EvaluationTally(classes);
        for (int at = 0; at < samples; at += batch)
        {
            int count = Math.Min(batch, samples - at);
            tally.Add(logits.AsSpan(at * classes, count * classes), labels.AsSpan(at, count), Enumerable.Repeat(1f, count).ToArray());
        }

        var metrics = tally.Result();
        Assert.Equal(Tally(classes, logits, labels), metrics);
        Assert.Equal(samples, metrics.Confusion.Sum());
        Assert.Equal(metrics.Top1, Enumerable.Range(0, classes).Sum(c => metrics.Confusion[c * classes + c]) / (double)samples);
    }, iter: 200);

    [Fact]
    public void What_does_not_fit_together_is_refused()
    {
        var tally = new EvaluationTally(2);

        Assert.Throws<ArgumentException>(() => tally.Add([1, 2, 3], [0], [1]));
        Assert.Throws<ArgumentException>(() => tally.Add([1, 2], [0], [1, 1]));
        Assert.Throws<ArgumentOutOfRangeException>(() => tally.Add([1, 2], [2], [1]));
        Assert.Throws<ArgumentOutOfRangeException>(() => tally.Add([1, 2], [-1], [1]));
    }

    private static EvaluationMetrics Tally(int classes, float[] logits, int[] labels)
    {
        var tally = new EvaluationTally(classes);
        tally.Add(logits, labels, Enumerable.Repeat(1f, labels.Length).ToArray());
        return tally.Result();
    }
}
