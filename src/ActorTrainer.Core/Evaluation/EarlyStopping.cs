namespace ActorTrainer.Core.Evaluation;

public enum StoppingVerdict { Continue, Stop }

/// <summary>
/// Whether a phase has stopped getting better: a pure function of its evaluations by step, and for good. What comes after the verdict (training goes
/// on for an epoch until it takes effect) does not change it, so a recovery that judges again judges the same.
/// </summary>
public static class EarlyStopping
{
    /// <param name="rows">Those of one phase, ascending by step.</param>
    public static StoppingVerdict Decide(IEnumerable<EvaluationRow> rows, EarlyStoppingSettings settings) =>
        JudgedAt(rows, settings) is null ? StoppingVerdict.Continue : StoppingVerdict.Stop;

    /// <summary>The evaluation that used up the patience; null: none has.</summary>
    public static EvaluationRow? JudgedAt(IEnumerable<EvaluationRow> rows, EarlyStoppingSettings settings)
    {
        double best = double.NegativeInfinity;
        int without = 0;
        foreach (var row in rows)
        {
            // Greater is better; a NaN never is.
            double value = settings.Metric == StoppingMetric.Top1 ? row.Metrics.Top1 : -row.Metrics.Loss;
            if (value > best + settings.MinDelta) (best, without) = (value, 0);
            else if (++without >= settings.Patience) return row;
        }

        return null;
    }
}
