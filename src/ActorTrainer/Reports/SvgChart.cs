using System.Globalization;

namespace ActorTrainer.Reports;

/// <param name="Style">The CSS class that colours it.</param>
/// <param name="IsDotted">Single measurements: a dot each, with its value to point at.</param>
internal sealed record Series(string Name, string Style, IReadOnlyList<(double X, double Y)> Points, bool IsDotted = false);

/// <summary>
/// A line chart as inline SVG. Drawn here and not by a plotting library, because the page's own style sheet has to colour it for light and dark,
/// and because text in it must be text of the page, not outlines of fonts that a server does not have.
/// </summary>
internal static class SvgChart
{
    private const double Width = 720, Height = 260, Left = 56, Right = 12, Top = 12, Bottom = 34;
    private const int MostPoints = 500;

    /// <param name="marks">Vertical lines with a label: where phases begin.</param>
    /// <param name="top">The upper end of the y axis; null: by the data.</param>
    public static Markup Draw(string title, IReadOnlyList<Series> series, IReadOnlyList<(double X, string Label)> marks, double? top = null)
    {
        var drawn = series.Select(s => s with { Points = s.IsDotted ? [.. s.Points.Where(IsFinite)] : Thin([.. s.Points.Where(IsFinite)]) }).Where(s => s.Points.Count > 0).ToList();
        if (drawn.Count == 0) return Html.Of($"<p class=\"none\">{title}: nothing was recorded.</p>");
        double right = Math.Max(1, drawn.Max(s => s.Points.Max(p => p.X))), high = top ?? drawn.Max(s => s.Points.Max(p => p.Y));
        double step = TickStep(high <= 0 ? 1 : high, 5), ceiling = top ?? Math.Ceiling((high <= 0 ? 1 : high) / step - 1e-9) * step;

        double X(double x) => Left + x / right * (Width - Left - Right);
        double Y(double y) => Top + (1 - Math.Clamp(y / ceiling, 0, 1)) * (Height - Top - Bottom);

        return Html.Of($"""
            <figure><figcaption>{title} {Html.Each(drawn, s => Html.Of($"<span class=\"key {s.Style}\">{s.Name}</span> "))}</figcaption>
            <svg viewBox="0 0 {Width} {Height}" role="img" aria-label="{title}">
            {Html.Each(Ticks(ceiling, step), y => Html.Of($"<line class=\"grid\" x1=\"{Left}\" x2=\"{Width - Right}\" y1=\"{Y(y):0.#}\" y2=\"{Y(y):0.#}\"/><text class=\"tick\" x=\"{Left - 6}\" y=\"{Y(y) + 4:0.#}\" text-anchor=\"end\">{Label(y)}</text>"))}
            {Html.Each(Ticks(right, TickStep(right, 8)), x => Html.Of($"<text class=\"tick\" x=\"{X(x):0.#}\" y=\"{Height - Bottom + 16}\" text-anchor=\"middle\">{x:#,0.##}</text>"))}
            <text class="tick" x="{Width - Right}" y="{Height - 3}" text-anchor="end">step</text>
            {Html.Each(marks, m => Html.Of($"<line class=\"mark\" x1=\"{X(m.X):0.#}\" x2=\"{X(m.X):0.#}\" y1=\"{Top}\" y2=\"{Height - Bottom}\"/><text class=\"tick\" x=\"{X(m.X) + 4:0.#}\" y=\"{Top + 10}\">{m.Label}</text>"))}
            {Html.Each(drawn, s => s.IsDotted ? Dots(s) : Html.Of($"<polyline class=\"line {s.Style}\" points=\"{Path(s.Points)}\"/>"))}
            </svg></figure>
            """);

        string Path(IEnumerable<(double X, double Y)> points) =>
            string.Join(' ', points.Select(p => string.Create(CultureInfo.InvariantCulture, $"{X(p.X):0.#},{Y(p.Y):0.#}")));

        Markup Dots(Series s) => Html.Of($"<polyline class=\"line thin {s.Style}\" points=\"{Path(s.Points)}\"/>{Html.Each(s.Points, p => Html.Of(
            $"<circle class=\"dot {s.Style}\" cx=\"{X(p.X):0.#}\" cy=\"{Y(p.Y):0.#}\" r=\"3\"><title>step {p.X:#,0}: {p.Y:0.####}</title></circle>"))}");
    }

    private static bool IsFinite((double X, double Y) point) => double.IsFinite(point.Y);

    /// <summary>Means of neighbours: a run of a million steps is still a small page.</summary>
    private static IReadOnlyList<(double X, double Y)> Thin(IReadOnlyList<(double X, double Y)> points)
    {
        if (points.Count <= MostPoints) return points;
        int bucket = (points.Count + MostPoints - 1) / MostPoints;
        return [.. points.Chunk(bucket).Select(chunk => (chunk.Average(p => p.X), chunk.Average(p => p.Y)))];
    }

    /// <summary>1, 2 or 5 times a power of ten, so that about <paramref name="count"/> steps make the range.</summary>
    private static double TickStep(double range, int count)
    {
        double raw = range / count, power = Math.Pow(10, Math.Floor(Math.Log10(raw)));
        return (raw / power) switch { <= 1 => 1, <= 2 => 2, <= 5 => 5, _ => 10 } * power;
    }

    private static IEnumerable<double> Ticks(double end, double step)
    {
        for (int i = 0; i * step <= end * (1 + 1e-9); i++) yield return i * step;
    }

    private static string Label(double y) => y is 0 or (>= 0.01 and < 10_000)
        ? y.ToString("0.###", CultureInfo.InvariantCulture)
        : y.ToString("0.#e+0", CultureInfo.InvariantCulture);
}
