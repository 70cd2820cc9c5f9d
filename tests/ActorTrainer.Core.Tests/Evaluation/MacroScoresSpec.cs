using ActorTrainer.Core.Evaluation;

namespace ActorTrainer.Core.Tests.Evaluation;

public sealed class MacroScoresSpec
{
    /// <summary>The same as scikit-learn's precision_recall_fscore_support with zero_division=0: by label (0 to 3), and with average="macro".</summary>
    [Fact]
    public void Scores_follow_from_the_confusion_matrix()
    {
        // true 0: 3 as 0, 1 as 1; true 1: 2 as 1; true 2: 1 as 0, 1 as 1; class 3 occurs nowhere
        long[] confusion = [3, 1, 0, 0, 0, 2, 0, 0, 1, 1, 0, 0, 0, 0, 0, 0];
        var scores = ClassScores.Of([.. confusion], ["a", "b", "c", "d"]);

        Assert.Equal<ClassScore>(
            [
                new ClassScore("a", 4, 4, 0.75, 0.75, 0.75), new ClassScore("b", 2, 4, 0.5, 1, 4.0 / 6),
                new ClassScore("c", 2, 0, 0, 0, 0), new ClassScore("d", 0, 0, 0, 0, 0),
            ],
            scores);
        Assert.Equal(new MacroScores((0.75 + 0.5) / 3, 1.75 / 3, new[] { 0.75, 4.0 / 6, 0 }.Average()), MacroScores.Of([.. confusion]));
    }

    [Fact]
    public void Where_nothing_was_counted_there_are_no_means_but_0() => Assert.Equal(new(0, 0, 0), MacroScores.Of([0, 0, 0, 0]));

    [Fact]
    public void Counts_that_are_no_square_are_refused() => Assert.Throws<ArgumentException>(() => MacroScores.Of([1, 2, 3]));
}
