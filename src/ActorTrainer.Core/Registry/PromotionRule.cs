using System.Collections.Immutable;
using System.Globalization;
using ActorTrainer.Core.Evaluation;

namespace ActorTrainer.Core.Registry;

/// <summary>What is wrong with a rule's text.</summary>
/// <param name="Column">From 1, in characters of the rule.</param>
/// <param name="Suggestion">The nearest of all names; null: none is near.</param>
public sealed record RuleProblem(int Column, string Message, string? Suggestion = null);

/// <summary>What was measured of a version: on its validation and on its test set; null: nothing.</summary>
public sealed record Measurements(EvaluationMetrics? Validation, EvaluationMetrics? Test);

/// <param name="Reason">The rule with the numbers in it, for a person.</param>
public sealed record RuleVerdict(bool Holds, string Reason);

/// <summary>
/// When a version that has just come to be is to answer, such as <c>top1 >= 0.9 and top1 > current</c>. Immutable and pure: the same numbers, the same verdict.
/// <code>
///   rule       = and { "or" and }          and = term { "and" term }          term = "(" rule ")" | comparison
///   comparison = sum (">=" | ">" | "&lt;=" | "&lt;") sum                      sum  = value { ("+" | "-") value }
///   value      = number | metric | "test." metric | "current" | "current." metric | "current.test." metric
/// </code>
/// A metric is one of evaluation.metrics' names, on the validation set unless it says test. <c>current</c> is what the version has that answers now, <c>current</c> alone of the one metric that it is
/// compared with. Where none answers yet, or it was not measured, a comparison with it holds: there is nothing to beat. What the new version lacks itself never holds.
/// </summary>
public sealed class PromotionRule : IEquatable<PromotionRule>
{
    private readonly Term _rule;

    private PromotionRule(string text, Term rule) => (Text, _rule) = (text, rule);

    public string Text { get; }

    /// <summary>Whether it looks at the validation set of the new version, and at the test set.</summary>
    public (bool Validation, bool Test) LooksAt => (Own.Any(metric => !metric.OfTest), Own.Any(metric => metric.OfTest));

    private IEnumerable<Metric> Own => _rule.Comparisons().SelectMany(comparison => comparison.Metrics).Where(metric => !metric.OfCurrent);

    /// <summary>A rule, or what is wrong with the text.</summary>
    public static (PromotionRule? Rule, RuleProblem? Problem) Parse(string text)
    {
        try
        {
            return (new(text, new PromotionRuleParser(text).Read()), null);
        }
        catch (PromotionRuleException e)
        {
            return (null, e.Problem);
        }
    }

    /// <param name="current">Of the version that answers; null: there is none.</param>
    public RuleVerdict Judge(Measurements candidate, Measurements? current) => new(_rule.Holds(candidate, current), _rule.Tell(candidate, current));

    public bool Equals(PromotionRule? other) => other?.Text == Text;

    public override bool Equals(object? obj) => Equals(obj as PromotionRule);

    public override int GetHashCode() => Text.GetHashCode(StringComparison.Ordinal);

    public override string ToString() => Text;

    internal abstract record Term
    {
        public abstract bool Holds(Measurements candidate, Measurements? current);
        public abstract string Tell(Measurements candidate, Measurements? current);
        public abstract IEnumerable<Comparison> Comparisons();
    }

    /// <summary>All of them hold, or any.</summary>
    internal sealed record Chain(bool All, ImmutableArray<Term> Terms) : Term
    {
        public override bool Holds(Measurements candidate, Measurements? current) =>
            All ? Terms.All(term => term.Holds(candidate, current)) : Terms.Any(term => term.Holds(candidate, current));

        public override string Tell(Measurements candidate, Measurements? current) => string.Join(All ? " and " : " or ",
            Terms.Select(term => term is Chain { All: false } && All ? $"({term.Tell(candidate, current)})" : term.Tell(candidate, current)));

        public override IEnumerable<Comparison> Comparisons() => Terms.SelectMany(term => term.Comparisons());
    }

    internal sealed record Comparison(Sum Left, string Operator, Sum Right) : Term
    {
        public IEnumerable<Metric> Metrics => Left.Metrics.Concat(Right.Metrics);

        public override bool Holds(Measurements candidate, Measurements? current)
        {
            if (Metrics.Any(metric => !metric.OfCurrent && metric.Of(candidate, current) is null)) return false;
            if (Metrics.Any(metric => metric.OfCurrent && metric.Of(candidate, current) is null)) return true;
            double left = Left.Of(candidate, current), right = Right.Of(candidate, current);
            return Operator switch { ">=" => left >= right, ">" => left > right, "<=" => left <= right, _ => left < right };
        }

        public override string Tell(Measurements candidate, Measurements? current) => $"{Left.Tell(candidate, current)} {Operator} {Right.Tell(candidate, current)}";

        public override IEnumerable<Comparison> Comparisons() => [this];
    }

    /// <param name="Values">At least one.</param>
    internal sealed record Sum(ImmutableArray<(bool Minus, Value Value)> Values)
    {
        public IEnumerable<Metric> Metrics => Values.Select(part => part.Value).OfType<Metric>();

        /// <summary>Of values that are all known.</summary>
        public double Of(Measurements candidate, Measurements? current) =>
            Values.Sum(part => (part.Minus ? -1 : 1) * (part.Value is Number number ? number.Of : ((Metric)part.Value).Of(candidate, current)!.Value));

        public string Tell(Measurements candidate, Measurements? current) =>
            string.Concat(Values.Select((part, i) => $"{(i == 0 ? "" : part.Minus ? " - " : " + ")}{part.Value.Tell(candidate, current)}"));
    }

    internal abstract record Value
    {
        public abstract string Tell(Measurements candidate, Measurements? current);
    }

    internal sealed record Number(double Of, string Text) : Value
    {
        public override string Tell(Measurements candidate, Measurements? current) => Text;
    }

    /// <param name="Text">As it is written.</param>
    internal sealed record Metric(bool OfCurrent, bool OfTest, EvaluationMetric Kind, string Text) : Value
    {
        public double? Of(Measurements candidate, Measurements? current) =>
            (OfTest ? (OfCurrent ? current : candidate)?.Test : (OfCurrent ? current : candidate)?.Validation)?.Of(Kind);

        public override string Tell(Measurements candidate, Measurements? current) =>
            $"{Text} ({Of(candidate, current)?.ToString("0.####", CultureInfo.InvariantCulture) ?? (OfCurrent && current is null ? "none" : "not measured")})";
    }
}
