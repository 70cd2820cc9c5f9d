namespace ActorTrainer.Core.Evaluation;

/// <summary>Probabilities of logits, in fp64, shifted by the greatest so that nothing overflows.</summary>
public static class Softmax
{
    /// <summary>As many probabilities as logits. A NaN among the logits makes them all NaN.</summary>
    public static double[] Of(ReadOnlySpan<float> logits)
    {
        double[] probabilities = new double[logits.Length];
        double greatest = Greatest(logits), sum = 0;
        for (int i = 0; i < logits.Length; i++) sum += probabilities[i] = Math.Exp(logits[i] - greatest);
        for (int i = 0; i < probabilities.Length; i++) probabilities[i] /= sum;
        return probabilities;
    }

    /// <summary>The cross-entropy of one sample: minus the logarithm of its class's probability.</summary>
    public static double NegativeLogOf(ReadOnlySpan<float> logits, int label)
    {
        double greatest = Greatest(logits), sum = 0;
        foreach (float logit in logits) sum += Math.Exp(logit - greatest);
        return Math.Log(sum) - (logits[label] - greatest);
    }

    private static double Greatest(ReadOnlySpan<float> logits)
    {
        float greatest = float.NegativeInfinity;
        foreach (float logit in logits) greatest = MathF.Max(greatest, logit);
        return greatest;
    }
}
