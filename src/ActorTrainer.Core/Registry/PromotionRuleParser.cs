using System.Collections.Immutable;
using System.Globalization;
using ActorTrainer.Core.Evaluation;
using ActorTrainer.Core.Experiments.Binding;
using static ActorTrainer.Core.Registry.PromotionRule;

namespace ActorTrainer.Core.Registry;

/// <summary>A rule can't be read.</summary>
internal sealed class PromotionRuleException(RuleProblem problem) : Exception(problem.Message)
{
    public RuleProblem Problem => problem;
}

/// <summary>From a rule's text to its terms, by recursive descent; the grammar stands at <see cref="PromotionRule"/>. Its work is bounded by the text's length.</summary>
internal sealed class PromotionRuleParser(string text)
{
    private const int Longest = 500, Deepest = 32;
    private const string Current = "current", OfTest = "test";
    private static readonly string[] Operators = [">=", ">", "<=", "<"];
    private static readonly string[] Metrics = [.. EvaluationMetricNames.All.Select(known => known.Name)];

    private int _at, _depth;

    public Term Read()
    {
        if (text.Length > Longest) throw Problem(Longest, $"a rule has at most {Longest} characters");
        var rule = Any();
        return Peek() is "" ? rule : throw Problem(_at, $"expected and, or, or the end, found '{Peek()}'");
    }

    private Term Any() => Chained("or", all: false, All);

    private Term All() => Chained("and", all: true, One);

    private Term Chained(string word, bool all, Func<Term> part)
    {
        var terms = ImmutableArray.Create(part());
        while (Take(word)) terms = terms.Add(part());
        return terms.Length == 1 ? terms[0] : new Chain(all, terms);
    }

    private Term One()
    {
        if (!Take("(")) return Compare();
        if (++_depth > Deepest) throw Problem(_at, "too many parentheses within each other");
        var rule = Any();
        if (!Take(")")) throw Problem(_at, Peek() is "" ? "a parenthesis is not closed" : $"expected ), and, or; found '{Peek()}'");
        _depth--;
        return rule;
    }

    private Comparison Compare()
    {
        var bare = new List<int>();
        var left = AddUp(bare);
        if (Operators.FirstOrDefault(Take) is not { } comparison) throw Problem(_at, $"expected >=, >, <= or <, found {Found()}");
        var right = AddUp(bare);
        var named = left.Metrics.Concat(right.Metrics).Where(metric => !metric.OfCurrent).Select(metric => (metric.OfTest, metric.Kind)).Distinct().ToList();
        if (bare.Count > 0 && named.Count != 1) throw Problem(bare[0], "'current' alone stands for the one metric that it is compared with: write current.top1");
        return bare.Count == 0 ? new(left, comparison, right) : new(Complete(left), comparison, Complete(right));

        Sum Complete(Sum sum) => new([.. sum.Values.Select(part => part.Value is Metric { Text: Current } metric ? (part.Minus, metric with { OfTest = named[0].OfTest, Kind = named[0].Kind }) : part)]);
    }

    /// <param name="bare">Takes where <c>current</c> stands alone.</param>
    private Sum AddUp(List<int> bare)
    {
        var values = ImmutableArray.Create((false, Single(bare)));
        for (; ; )
        {
            if (Take("+")) values = values.Add((false, Single(bare)));
            else if (Take("-")) values = values.Add((true, Single(bare)));
            else return new(values);
        }
    }

    private Value Single(List<int> bare)
    {
        string word = Peek();
        int at = _at;
        if (word.Length > 0 && (char.IsAsciiDigit(word[0]) || word[0] == '.'))
        {
            if (!double.TryParse(word, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double number)) throw Problem(at, $"'{word}' is no number");
            _at += word.Length;
            return new Number(number, word);
        }

        if (word.Length == 0 || !char.IsAsciiLetter(word[0])) throw Problem(at, $"expected a number, a metric such as top1, or current; found {Found()}");
        _at += word.Length;
        if (word == Current)
        {
            bare.Add(at);
            return new Metric(true, false, default, word);
        }

        string[] parts = word.Split('.');
        bool ofCurrent = parts[0] == Current, ofTest = parts.ElementAtOrDefault(ofCurrent ? 1 : 0) == OfTest;
        string[] rest = parts[((ofCurrent ? 1 : 0) + (ofTest ? 1 : 0))..];
        foreach (var (name, metric) in EvaluationMetricNames.All)
        {
            if (rest is [var only] && only == name) return new Metric(ofCurrent, ofTest, metric, word);
        }

        throw Problem(at, $"'{word}' is not known; expected a number, {string.Join(", ", Metrics)}, test.METRIC, current or current.METRIC",
            Nearest.Of(word, [.. Metrics, .. Metrics.Select(name => $"{OfTest}.{name}"), Current, .. Metrics.Select(name => $"{Current}.{name}")]));
    }

    private bool Take(string word)
    {
        if (Peek() != word) return false;
        _at += word.Length;
        return true;
    }

    /// <summary>The word that stands next; empty at the end.</summary>
    private string Peek()
    {
        while (_at < text.Length && char.IsWhiteSpace(text[_at])) _at++;
        if (_at == text.Length) return "";
        if (Operators.FirstOrDefault(known => text.AsSpan(_at).StartsWith(known, StringComparison.Ordinal)) is { } comparison) return comparison;
        int end = _at;
        while (end < text.Length && (char.IsAsciiLetterOrDigit(text[end]) || text[end] is '.' or '_')) end++;
        return end > _at ? text[_at..end] : text[_at].ToString();
    }

    private string Found() => Peek() is { Length: > 0 } word ? $"'{word}'" : "the end";

    private static PromotionRuleException Problem(int at, string message, string? suggestion = null) => new(new(at + 1, message, suggestion));
}
