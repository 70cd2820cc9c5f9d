using System.Collections.Immutable;
using ActorTrainer.Core.Evaluation;
using Spectre.Console;

namespace ActorTrainer.Terminal;

/// <summary>Precision, recall and F1 of every class, as a table.</summary>
internal static class ClassTable
{
    public static Table Of(ImmutableArray<ClassScore> scores)
    {
        var table = Tables.Create("class", ">samples", ">precision", ">recall", ">F1");
        foreach (var score in scores)
            table.Row(score.Class, Format.Count(score.Samples), Format.Fraction(score.Precision), Format.Fraction(score.Recall), Format.Fraction(score.F1));
        return table;
    }
}
