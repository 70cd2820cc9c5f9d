using System.Collections.Immutable;

namespace ActorTrainer.Core.Evaluation;

/// <summary>How one class fared; fractions of 1. Where nothing was predicted or nothing is there, 0 stands (as scikit-learn's zero_division = 0).</summary>
/// <param name="Samples">Of this class.</param>
/// <param name="Predicted">Times this class was the answer.</param>
public sealed record ClassScore(string Class, long Samples, long Predicted, double Precision, double Recall, double F1);

/// <summary>Precision, recall and F1 by class: functions of the confusion matrix.</summary>
public static class ClassScores
{
    public static ImmutableArray<ClassScore> Of(ImmutableArray<long> confusion, ImmutableArray<string> classes)
    {
        int count = classes.Length;
        if (confusion.Length != (long)count * count)
            throw new ArgumentException($"A confusion matrix of {confusion.Length} counts is none of {count} classes.", nameof(confusion));
        var scores = ImmutableArray.CreateBuilder<ClassScore>(count);
        for (int c = 0; c < count; c++)
        {
            long right = confusion[c * count + c], samples = 0, predicted = 0;
            for (int other = 0; other < count; other++)
            {
                samples += confusion[c * count + other];
                predicted += confusion[other * count + c];
            }

            scores.Add(new(classes[c], samples, predicted, Share(right, predicted), Share(right, samples), Share(2 * right, samples + predicted)));
        }

        return scores.MoveToImmutable();
    }

    private static double Share(long part, long whole) => whole == 0 ? 0 : (double)part / whole;
}
