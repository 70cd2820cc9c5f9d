using ActorTrainer.Core.Evaluation;
using ActorTrainer.Core.Experiments;
using ActorTrainer.Core.Registry;
using CsCheck;

namespace ActorTrainer.Core.Tests.Registry;

public sealed class PromotionRuleSpec
{
    private static readonly string[] Words = ["top1", "current", ">", ">=", "and", "or", "(", ")", "0.9", "+", "test.loss"];
    private static readonly Measurements Candidate = new(Metrics(0.93, 0.2), Metrics(0.91, 0.3)), Current = new(Metrics(0.92, 0.25), null);

    [Theory]
    [InlineData("top1 >= 0.9", true)]
    [InlineData("top1 > 0.93", false)]
    [InlineData("top1 >= 0.93", true)]
    [InlineData("0.9<top1", true)]
    [InlineData("loss < current", true)]
    [InlineData("top1 > current + 0.02", false)]
    [InlineData("top1 - current > 0.005", true)]
    [InlineData("top1 > current.top1 and loss < 0.21", true)]
    [InlineData("top1 > 0.99 or loss <= .2", true)]
    [InlineData("top1 > 0.99 or loss <= 0.2 and top1 < 0.5", false)]
    [InlineData("(top1 > 0.99 or loss <= 0.2) and top5 >= 1", true)]
    [InlineData("test.top1 >= 0.92", false)]
    [InlineData("test.top1 > current", true)]
    [InlineData("f1 > 0", true)]
    [InlineData("precision >= recall", true)]
    public void A_rule_holds_or_not(string text, bool holds) => Assert.Equal(holds, Rule(text).Judge(Candidate, Current).Holds);

    [Fact]
    public void The_reason_is_the_rule_with_its_numbers()
    {
        Assert.Equal("top1 (0.93) >= 0.9 and (loss (0.2) < current.loss (0.25) or test.top1 (0.91) > current.test.top1 (not measured))",
            Rule("top1>=0.9 and (loss < current.loss or test.top1 > current.test.top1)").Judge(Candidate, Current).Reason);
        Assert.Equal("top1 (0.93) > current (none) - 0.1", Rule("top1 > current - 0.1").Judge(Candidate, null).Reason);
    }

    [Fact]
    public void There_is_nothing_to_beat_where_nothing_answers_and_nothing_holds_of_what_was_not_measured()
    {
        Assert.True(Rule("top1 > current").Judge(Candidate, null).Holds);
        Assert.False(Rule("top1 > current").Judge(new(null, null), null).Holds);
        Assert.False(Rule("test.top1 >= 0 or test.top1 <= 1").Judge(Current, null).Holds);
        Assert.False(Rule("top1 >= 0 or top1 < 0").Judge(new(Metrics(double.NaN, 0), null), null).Holds);
    }

    [Theory]
    [InlineData("", 1, "found the end")]
    [InlineData("top1", 5, "expected >=, >, <= or <, found the end")]
    [InlineData("top1 = 0.9", 6, "found '='")]
    [InlineData("top1 >= 0.9 and", 16, "found the end")]
    [InlineData("top1 >= 0.9 xor loss < 1", 13, "expected and, or, or the end, found 'xor'")]
    [InlineData("top1 >= ninety", 9, "'ninety' is not known")]
    [InlineData("top1 >= 0.9.1", 9, "is no number")]
    [InlineData("top1 >= 90 %", 12, "found '%'")]
    [InlineData("(top1 >= 0.9", 13, "not closed")]
    [InlineData("top1 >= 0.9)", 12, "found ')'")]
    [InlineData("top1 + loss > current", 15, "write current.top1")]
    [InlineData("0.5 > current", 7, "write current.top1")]
    [InlineData("test.current > 1", 1, "is not known")]
    [InlineData("current.test > 1", 1, "is not known")]
    public void What_is_wrong_is_told_with_its_place(string text, int column, string message)
    {
        var (rule, problem) = PromotionRule.Parse(text);
        Assert.Null(rule);
        Assert.Equal(column, problem!.Column);
        Assert.Contains(message, problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_name_that_is_nearly_one_is_suggested() => Assert.Equal("top1", PromotionRule.Parse("tpo1 > 0.9").Problem!.Suggestion);

    [Fact]
    public void No_text_makes_more_than_a_rule_or_a_problem() => Gen.OneOf(Gen.String[Gen.Char["top1 current.>=<()+-0.9ands"], 0, 60], Gen.Int[0, 10].Select(i => Words[i]).Array[0, 12].Select(words => string.Join(' ', words)))
        .Sample(text =>
        {
            var (rule, problem) = PromotionRule.Parse(text);
            return (rule is null) != (problem is null) && (rule is null ? problem!.Column >= 1 && problem.Column <= text.Length + 1 : rule.Judge(Candidate, Current).Reason.Length > 0);
        });

    [Fact]
    public void Depth_and_length_are_bounded()
    {
        Assert.Contains("parentheses", PromotionRule.Parse(new string('(', 400)).Problem!.Message, StringComparison.Ordinal);
        Assert.Contains("500 characters", PromotionRule.Parse(string.Join(" and ", Enumerable.Repeat("top1 > 0", 100))).Problem!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_experiment_tells_where_its_rule_is_wrong_and_what_never_holds()
    {
        var wrong = Assert.Single(Read("promote-if = \"top1 >= currant\"").Errors);
        Assert.Equal(("experiment.promote-if", 2, "current"), (wrong.Path, wrong.Line, wrong.Suggestion));
        Assert.Contains("at its character 9", wrong.Message, StringComparison.Ordinal);
        Assert.Contains("no data.test", Assert.Single(Read("data.validation = 0.1, promote-if = \"top1 > 0.5 and test.top1 > 0.5\"").Warnings).Message, StringComparison.Ordinal);
        Assert.Contains("no data.validation", Assert.Single(Read("promote-if = \"top1 > 0.5\"").Warnings).Message, StringComparison.Ordinal);
        var plain = Read("");
        Assert.Equal(plain.Configuration!.Hash, Read("promote-if = \"top1 > 0.5\"").Configuration!.Hash);

        static ExperimentReading Read(string line) => ExperimentFile.Parse($"experiment {{ data.train = \"/data\", model.architecture = lenet5, training.phases = [{{ epochs = 1 }}]\n{line} }}", "x.conf");
    }

    private static PromotionRule Rule(string text) => PromotionRule.Parse(text) is { Rule: { } rule } ? rule : throw new InvalidOperationException(PromotionRule.Parse(text).Problem!.Message);

    private static EvaluationMetrics Metrics(double top1, double loss) => new(100, loss, top1, 1, [50, 3, 4, 43]);
}
