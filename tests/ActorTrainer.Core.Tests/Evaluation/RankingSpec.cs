using ActorTrainer.Core.Evaluation;
using CsCheck;

namespace ActorTrainer.Core.Tests.Evaluation;

public sealed class RankingSpec
{
    private static readonly Gen<float[]> Logits = Gen.Float[-30, 30].Select(x => MathF.Round(x)).Array[1, 12];     // rounded: equal ones occur

    [Fact]
    public void The_best_come_first_and_of_equal_ones_the_lower_index()
    {
        var top = Ranking.Top([1, 3, 3, 2], 3);

        Assert.Equal([1, 2, 3], top.Select(p => p.Class));
        Assert.Equal(Math.Exp(3) / (Math.Exp(1) + 2 * Math.Exp(3) + Math.Exp(2)), top[0].Probability, 1e-15);
    }

    [Fact]
    public void Rank_best_and_top_agree() => Logits.Sample(logits =>
    {
        var top = Ranking.Top(logits, logits.Length);
        Assert.Equal(Ranking.Best(logits), top[0].Class);
        Assert.All(top.Index(), pair => Assert.Equal(pair.Index, Ranking.RankOf(logits, pair.Item.Class)));
    });

    [Fact]
    public void Probabilities_are_a_distribution_and_their_logarithm_is_the_loss() => Logits.Sample(logits =>
    {
        double[] probabilities = Softmax.Of(logits);
        Assert.Equal(1, probabilities.Sum(), 1e-12);
        for (int c = 0; c < logits.Length; c++) Assert.Equal(-Math.Log(probabilities[c]), Softmax.NegativeLogOf(logits, c), 1e-9);
    });

    [Fact]
    public void More_than_there_are_is_all_there_are() => Assert.Equal(2, Ranking.Top([1, 2], 5).Length);

    [Fact]
    public void Nothing_is_best_where_a_logit_is_NaN() => Assert.Null(Ranking.Best([1, float.NaN, 3]));
}
