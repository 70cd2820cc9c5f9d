using System.Collections.Immutable;
using ActorTrainer.Core.Evaluation;
using ActorTrainer.Core.Experiments;
using ActorTrainer.Core.Training;
using ActorTrainer.Journal;
using ActorTrainer.Terminal;

namespace ActorTrainer.Reports;

/// <summary>Everything that a report shows.</summary>
/// <param name="Steps">metrics.jsonl.</param>
/// <param name="WhyNoMistakes">Where there are none to show.</param>
internal sealed record ReportContent(
    RunOverview Overview, Experiment Run, ImmutableArray<JournalEntry> History, IReadOnlyList<StepRecord> Steps, Mistakes? Mistakes, string? WhyNoMistakes);

/// <summary>One page that needs nothing else: no script, no file beside it, no network.</summary>
internal static class ReportPage
{
    /// <summary>Beyond this a matrix is a carpet: the list of confusions says more.</summary>
    private const int MostMatrixClasses = 60;

    public static string Write(ReportContent content) => Html.Of($"""
        <!DOCTYPE html>
        <html lang="en"><head><meta charset="utf-8"/><meta name="viewport" content="width=device-width, initial-scale=1"/>
        <meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'"/>
        <title>{content.Overview.Name}</title><style>{new Markup(ReportStyle.Sheet)}</style></head><body><main>
        {Header(content)}
        {Curves(content)}
        {Time(content)}
        {Matrix(content)}
        {Classes(content)}
        {Wrong(content)}
        {Timeline(content)}
        {Configuration(content.Run.Definition)}
        </main></body></html>

        """).Text;

    private static Markup Header(ReportContent content)
    {
        var (run, overview) = (content.Run, content.Overview);
        var definition = run.Definition;
        return Html.Of($"""
            <header><h1>{overview.Name}</h1><p class="state {overview.State}">{StateText.Of(overview)}{(run.Failure is null ? "" : $": {run.Failure}")}</p></header>
            <section class="tiles">
            {Tile("test top-1", overview.Test?.Top1)}{Tile("test top-5", overview.Test?.Top5)}{Tile("best validation top-1", overview.Best?.Top1)}
            <div class="tile"><b>{Format.Count(overview.Step)}</b><span>of {Format.Count(overview.Steps)} steps</span></div>
            <div class="tile"><b>{overview.Epoch}</b><span>of {overview.Epochs} epochs</span></div>
            <div class="tile"><b>{definition.Phases[^1].Classes.Length}</b><span>classes</span></div>
            </section>
            <table class="facts">
            {Fact("best step", overview.Best is { } best ? Format.Count(best.Step.Value) : null)}
            {Fact("digest", overview.Digest)}
            {Fact("begun", Format.Time(run.CreatedAt))}{Fact("last change", Format.Time(run.UpdatedAt))}
            {Fact("device", $"{definition.Device.Kind.ToString().ToLowerInvariant()}, {Format.Count(definition.Device.Threads, "thread")}; {Format.Count(definition.LogicalShards, "shard")}, {Format.Count(run.Trainers, "trainer")}, generation {run.Generation}")}
            {Fact("configuration", definition.ConfigurationHash)}{Fact("numerics", definition.Fingerprint)}{Fact("first weights", definition.PretrainedHash ?? "drawn by the seed")}
            </table>
            <table class="list"><thead><tr><th>phase</th><th class="n">epochs</th><th class="n">steps</th><th class="n">training</th><th class="n">validation</th><th class="n">test</th><th>data</th></tr></thead><tbody>
            {Html.Each(definition.Phases, p => Html.Of($"<tr><td>{p.Name}</td><td class=\"n\">{p.Epochs}</td><td class=\"n\">{Format.Count((long)p.Epochs * p.StepsPerEpoch)}</td><td class=\"n\">{Format.Count(p.Train.Samples)}</td><td class=\"n\">{(p.Validation is { } v ? Format.Count(v.Samples) : "-")}</td><td class=\"n\">{(p.Test is { } t ? Format.Count(t.Samples) : "-")}</td><td>{p.Train.Location}</td></tr>"))}
            </tbody></table>
            """);
    }

    private static Markup Tile(string name, double? value) => value is { } number
        ? Html.Of($"<div class=\"tile\"><b>{Format.Fraction(number)}</b><span>{name}</span></div>")
        : default;

    private static Markup Fact(string name, string? value) => value is null ? default : Html.Of($"<tr><th>{name}</th><td>{value}</td></tr>");

    private static Markup Curves(ReportContent content)
    {
        var rows = content.Run.Evaluations;
        // Where phases begin, as far as it is known from the steps themselves.
        var marks = content.Steps.Zip(content.Steps.Skip(1), (before, after) => (before, after)).Where(pair => pair.before.Phase != pair.after.Phase)
            .Select(pair => ((double)pair.before.Step.Value, Name(pair.after.Phase))).ToList();
        return Html.Of($"""
            <section><h2>Curves</h2>
            {SvgChart.Draw("Loss", [new("training", "s1", Line(s => s.Loss)), new("validation", "s2", Dots(m => m.Loss), true)], marks)}
            {SvgChart.Draw("Top-1", [new("training", "s1", Line(s => s.Top1)), new("validation", "s2", Dots(m => m.Top1), true)], marks, 1)}
            {Html.Each(MetricText.ChosenBy(content.Run.Definition).Except([EvaluationMetric.Loss, EvaluationMetric.Top1]), metric => SvgChart.Draw(Title(metric), [new("validation", "s2", Dots(m => m.Of(metric)), true)], marks, 1))}
            {SvgChart.Draw("Learning rate", [new("rate", "s3", Line(s => s.LearningRate))], marks)}
            </section>
            """);

        IReadOnlyList<(double, double)> Line(Func<StepRecord, double> value) => [.. content.Steps.Select(s => ((double)s.Step.Value, value(s)))];
        IReadOnlyList<(double, double)> Dots(Func<EvaluationMetrics, double> value) => [.. rows.Select(row => ((double)row.Step.Value, value(row.Metrics)))];
        static string Title(EvaluationMetric metric) => $"{MetricText.Label(metric)[..1].ToUpperInvariant()}{MetricText.Label(metric)[1..]}";
        string Name(int phase) => phase < content.Run.Definition.Phases.Length ? content.Run.Definition.Phases[phase].Name : "";
    }

    private static Markup Time(ReportContent content) => TimeShares.Of(content.Steps) is { } time
        ? Html.Of($"""
            <section><h2>Where a step's time goes</h2><p>The mean of the last {Format.Count(time.Steps)} steps: {Format.Milliseconds(time.Ms.Total)} ms. Bound by {time.BoundBy}.</p>
            <table class="list"><thead><tr><th>part</th><th class="n">ms</th><th class="n">share</th></tr></thead><tbody>
            {Html.Each(time.Parts, part => Html.Of($"<tr><td>{part.Name}</td><td class=\"n\">{Format.Milliseconds(part.Ms)}</td><td class=\"n bar\" style=\"--v:{100 * part.Share:0}%\">{Format.Percent(part.Share)}</td></tr>"))}
            <tr><td>decode, beside it</td><td class="n">{Format.Milliseconds(time.Ms.Decode)}</td><td></td></tr>
            </tbody></table></section>
            """)
        : default;

    private static Markup Matrix(ReportContent content)
    {
        if (RunScores.MetricsOf(content.Run) is not { } metrics) return default;
        var classes = content.Run.Definition.Phases[^1].Classes;
        int count = classes.Length;
        string set = content.Run.Test is null ? "validation" : "test";
        var confused = Enumerable.Range(0, count * count).Where(i => i / count != i % count && metrics.Confusion[i] > 0)
            .OrderByDescending(i => metrics.Confusion[i]).ThenBy(i => i).Take(15).ToList();
        return Html.Of($"""
            <section><h2>Confusion ({set} set)</h2>
            {(count <= MostMatrixClasses ? Table() : Html.Of($"<p>{count} classes: too many for a matrix; the most frequent confusions are below.</p>"))}
            {(confused.Count == 0 ? Html.Of($"<p>Not one was confused.</p>") : Html.Of($"<h3>Most often confused</h3><ul class=\"confused\">{Html.Each(confused, i => Html.Of($"<li><b>{metrics.Confusion[i]}</b> {classes[i / count]} <span>taken for</span> {classes[i % count]}</li>"))}</ul>"))}
            </section>
            """);

        Markup Table() => Html.Of($"""
            <div class="wide"><table class="matrix"><thead><tr><th>truth \ said</th>{Html.Each(classes, name => Html.Of($"<th class=\"up\"><span>{name}</span></th>"))}</tr></thead><tbody>
            {Html.Each(Enumerable.Range(0, count), Row)}
            </tbody></table></div>
            """);

        Markup Row(int truth)
        {
            long all = Math.Max(1, Enumerable.Range(0, count).Sum(said => metrics.Confusion[truth * count + said]));
            return Html.Of($"<tr><th>{classes[truth]}</th>{Html.Each(Enumerable.Range(0, count), said => Cell(metrics.Confusion[truth * count + said], all, truth == said, classes[truth], classes[said]))}</tr>");
        }
    }

    private static Markup Cell(long number, long all, bool right, string truth, string said) => number == 0
        ? Html.Of($"<td></td>")
        : Html.Of($"<td class=\"{(right ? "right" : "wrong")}\" style=\"--v:{100.0 * number / all:0}%\" title=\"{truth} taken for {said}: {number} of {all}\">{number}</td>");

    private static Markup Classes(ReportContent content)
    {
        var scores = RunScores.ClassesOf(content.Run);
        return scores.IsEmpty ? default : Html.Of($"""
            <section><h2>Classes</h2><table class="list"><thead><tr><th>class</th><th class="n">samples</th><th class="n">precision</th><th class="n">recall</th><th class="n">F1</th></tr></thead><tbody>
            {Html.Each(scores, s => Html.Of($"<tr><td>{s.Class}</td><td class=\"n\">{Format.Count(s.Samples)}</td><td class=\"n\">{Format.Fraction(s.Precision)}</td><td class=\"n\">{Format.Fraction(s.Recall)}</td><td class=\"n bar\" style=\"--v:{100 * s.F1:0}%\">{Format.Fraction(s.F1)}</td></tr>"))}
            </tbody></table></section>
            """);
    }

    private static Markup Wrong(ReportContent content) => content.Mistakes is { } mistakes
        ? Html.Of($"""
            <section><h2>The worst mistakes</h2><p>{Format.Count(mistakes.Wrong)} of {Format.Count(mistakes.Samples)} pictures of the {mistakes.Set} set were answered wrongly; those it was surest about come first.</p>
            <div class="mistakes">
            {Html.Each(mistakes.Worst, m => Html.Of($"<figure>{(m.Picture is null ? Html.Of($"<div class=\"none\">no picture</div>") : Html.Of($"<img src=\"{m.Picture}\" alt=\"{m.Path}\"/>"))}<figcaption><b>{m.Said}</b> {m.Probability:0.00}<br/><span>is {m.Truth}</span><small title=\"{m.Path}\">{m.Path}</small></figcaption></figure>"))}
            </div></section>
            """)
        : Html.Of($"<section><h2>The worst mistakes</h2><p class=\"none\">{content.WhyNoMistakes}</p></section>");

    private static Markup Timeline(ReportContent content) => Html.Of($"""
        <section><h2>What happened</h2><table class="list"><tbody>
        {Html.Each(content.History.Select(entry => (entry.Event.At, Text: EventText.Of(entry.Event))).Where(line => line.Text is not null), line => Html.Of($"<tr><td class=\"time\">{Format.Time(line.At)}</td><td>{line.Text}</td></tr>"))}
        </tbody></table></section>
        """);

    private static Markup Configuration(ExperimentDefinition definition) =>
        Html.Of($"<section><h2>Configuration</h2><details><summary>The effective configuration, every key</summary><pre>{definition.EffectiveConfiguration}</pre></details></section>");
}
