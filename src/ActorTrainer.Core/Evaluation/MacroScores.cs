using System.Collections.Immutable;
using System.Globalization;

namespace ActorTrainer.Core.Evaluation;

/// <summary>
/// Means over the classes that occur, as a true class or as an answer (as scikit-learn's <c>average="macro"</c>); each counts once, however many
/// samples it has.
/// </summary>
public sealed record MacroScores(double Precision, double Recall, double F1)
{
    /// <param name="confusion">K x K counts; see <see cref="EvaluationMetrics"/>.</param>
    public static MacroScores Of(ImmutableArray<long> confusion)
    {
        int classes = (int)Math.Sqrt(confusion.Length);
        var numbers = Enumerable.Range(0, classes).Select(c => c.ToString(CultureInfo.InvariantCulture));
        var occurring = ClassScores.Of(confusion, [.. numbers]).Where(c => c.Samples + c.Predicted > 0).ToList();
        return occurring.Count == 0
            ? new(0, 0, 0)
            : new(occurring.Average(c => c.Precision), occurring.Average(c => c.Recall), occurring.Average(c => c.F1));
    }
}
