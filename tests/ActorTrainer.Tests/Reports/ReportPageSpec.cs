using System.Xml.Linq;
using ActorTrainer.Core.Experiments;
using ActorTrainer.Core.Training;
using ActorTrainer.Journal;
using ActorTrainer.Reports;

namespace ActorTrainer.Tests.Reports;

public sealed class ReportPageSpec
{
    private static ReportContent Content(Experiment? run = null)
    {
        run ??= Some.Experiment();
        var steps = Enumerable.Range(1, 50).Select(i => new StepRecord((i - 1) / 10, new(i), 2.0 / i, 0.01, 100, i <= 20 ? 0 : 1, Math.Min(1, i / 50.0))).ToList();
        var mistakes = new Mistakes("test", 100, 15, [new("owl <b>/1.png", "owl <b>", "crow", 0.9, 3.2, "data:image/png;base64,AAAA"), new("wren/2.png", "wren", "crow", 0.8, 2, null)]);
        var history = Some.History().Select((e, i) => new JournalEntry(i + 1, e));
        return new(RunOverview.Of(new(run.Definition.Name, run), new("/runs/none")), run, [.. history], steps, mistakes, null);
    }

    /// <summary>Well-formed as XML, so that every element is closed and everything from data encoded.</summary>
    private static XElement Parse(string page) => XElement.Parse(page.Replace("<!DOCTYPE html>", "", StringComparison.Ordinal));

    [Fact]
    public void The_page_is_well_formed_and_needs_nothing_from_elsewhere()
    {
        string page = ReportPage.Write(Content());
        var html = Parse(page);
        Assert.Empty(html.Descendants("script"));
        Assert.Empty(html.Descendants("link"));
        Assert.All(html.Descendants().Attributes().Where(a => a.Name == "src" || a.Name == "href"), a => Assert.StartsWith("data:", a.Value, StringComparison.Ordinal));
        Assert.DoesNotContain("http", page.Replace("http-equiv", "", StringComparison.Ordinal), StringComparison.Ordinal);
    }

    [Fact]
    public void What_comes_from_data_is_text_and_never_markup()
    {
        var html = Parse(ReportPage.Write(Content()));
        Assert.DoesNotContain(html.Descendants("b"), b => b.Value.Length == 0);
        Assert.Contains(html.Descendants("td"), td => td.Value == "owl <b>");
        Assert.Contains(html.Descendants("td"), td => td.Value.Contains("crow/<img>.jpg", StringComparison.Ordinal));
    }

    [Fact]
    public void Curves_matrix_classes_mistakes_and_history_are_there()
    {
        var html = Parse(ReportPage.Write(Content()));
        Assert.Equal(3, html.Descendants("svg").Count());
        Assert.Equal(50, html.Descendants("polyline").First().Attribute("points")!.Value.Split(' ').Length);
        Assert.Equal(9, html.Descendants("table").Single(t => (string?)t.Attribute("class") == "matrix").Descendants("td").Count());
        Assert.Single(html.Descendants("img"));
        Assert.Contains(html.Descendants("td"), td => td.Value == "Completed");
        Assert.Contains("seed = 42", html.Descendants("pre").Single().Value, StringComparison.Ordinal);
    }

    [Fact]
    public void A_run_that_has_just_begun_has_a_page_too()
    {
        var run = Experiment.Of(Some.History().Take(3))!;
        var html = Parse(ReportPage.Write(Content(run) with { Steps = [], Mistakes = null, WhyNoMistakes = "Nothing is committed yet." }));
        Assert.Empty(html.Descendants("svg"));
        Assert.Contains(html.Descendants("p"), p => p.Value == "Nothing is committed yet.");
    }

    [Fact]
    public void A_long_run_is_still_a_small_page()
    {
        var content = Content() with { Steps = [.. Enumerable.Range(1, 100_000).Select(i => new StepRecord(0, new(i), double.NaN, 0.01, 100, 0, 0.5))] };
        Assert.True(ReportPage.Write(content).Length < 200_000);
    }
}
