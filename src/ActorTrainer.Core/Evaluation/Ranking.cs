using System.Collections.Immutable;

namespace ActorTrainer.Core.Evaluation;

/// <param name="Class">Its index.</param>
/// <param name="Probability">A fraction of 1.</param>
public readonly record struct ClassProbability(int Class, double Probability);

/// <summary>The order of classes by logit: greater first, the lower index first where they are equal.</summary>
public static class Ranking
{
    /// <summary>The class of the greatest logit; null where one is NaN or there is none.</summary>
    public static int? Best(ReadOnlySpan<float> logits)
    {
        int? best = null;
        for (int i = 0; i < logits.Length; i++)
        {
            if (float.IsNaN(logits[i])) return null;
            if (best is null || logits[i] > logits[best.Value]) best = i;
        }

        return best;
    }

    /// <summary>How many classes come before this one. Logits must not be NaN.</summary>
    public static int RankOf(ReadOnlySpan<float> logits, int label)
    {
        int before = 0;
        for (int i = 0; i < logits.Length; i++)
        {
            if (logits[i] > logits[label] || logits[i] == logits[label] && i < label) before++;
        }

        return before;
    }

    /// <summary>The <paramref name="count"/> likeliest classes (all, where there are fewer), best first.</summary>
    public static ImmutableArray<ClassProbability> Top(ReadOnlySpan<float> logits, int count)
    {
        double[] probabilities = Softmax.Of(logits);
        float[] keys = logits.ToArray();
        return
        [
            .. Enumerable.Range(0, keys.Length).OrderByDescending(i => keys[i]).ThenBy(i => i).Take(count)
                .Select(i => new ClassProbability(i, probabilities[i])),
        ];
    }
}
