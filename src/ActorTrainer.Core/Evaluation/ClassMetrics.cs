using System.Collections.Immutable;

namespace ActorTrainer.Core.Evaluation;

/// <summary>How well one class is told from the others. What would be 0/0 is 0, as scikit-learn's <c>zero_division=0</c>.</summary>
/// <param name="Support">Samples of the class.</param>
/// <param name="Predicted">Samples taken for it.</param>
public sealed record ClassMetrics(long Support, long Predicted, double Precision, double Recall, double F1)
{
    /// <summary>Of every class, from K x K counts (row = true class, column = predicted).</summary>
    public static ImmutableArray<ClassMetrics> Of(ImmutableArray<long> confusion)
    {
        int classes = (int)Math.Sqrt(confusion.Length);
        if (classes * classes != confusion.Length) throw new ArgumentException($"{confusion.Length} counts are no square.", nameof(confusion));
        return [.. Enumerable.Range(0, classes).Select(Class)];

        ClassMetrics Class(int index)
        {
            long support = 0, predicted = 0, right = confusion[index * classes + index];
            for (int other = 0; other < classes; other++)
            {
                support += confusion[index * classes + other];
                predicted += confusion[other * classes + index];
            }

            return new(support, predicted, Share(right, predicted), Share(right, support), Share(2 * right, support + predicted));
        }
    }

    private static double Share(long part, long whole) => whole == 0 ? 0 : (double)part / whole;
}

/// <summary>Means over the classes that occur, as a true class or as a predicted one; each counts once, however many samples it has.</summary>
public sealed record MacroMetrics(double Precision, double Recall, double F1)
{
    public static MacroMetrics Of(ImmutableArray<long> confusion)
    {
        var occurring = ClassMetrics.Of(confusion).Where(c => c.Support + c.Predicted > 0).ToList();
        return occurring.Count == 0
            ? new(0, 0, 0)
            : new(occurring.Average(c => c.Precision), occurring.Average(c => c.Recall), occurring.Average(c => c.F1));
    }
}
