using System.Globalization;
using System.Net;
using System.Runtime.CompilerServices;
using System.Text;

namespace ActorTrainer.Reports;

/// <summary>HTML that is finished: it is written as it stands.</summary>
internal readonly record struct Markup(string Text)
{
    public static Markup Join(IEnumerable<Markup> parts) => new(string.Concat(parts.Select(part => part.Text)));
}

/// <summary>
/// HTML from interpolated strings: what stands in the string is markup, what is put into its holes is encoded, whatever it is.
/// So nothing from data can become markup; only a hole that holds <see cref="Markup"/> is taken as it is.
/// </summary>
internal static class Html
{
    public static Markup Of(HtmlHandler html) => new(html.ToString());

    /// <summary>One piece for each item.</summary>
    public static Markup Each<T>(IEnumerable<T> items, Func<T, Markup> piece) => Markup.Join(items.Select(piece));
}

[InterpolatedStringHandler]
internal readonly ref struct HtmlHandler
{
    private readonly StringBuilder _text;

    public HtmlHandler(int literalLength, int formattedCount) => _text = new(literalLength + 16 * formattedCount);

    public void AppendLiteral(string markup) => _text.Append(markup);

    public void AppendFormatted(Markup markup) => _text.Append(markup.Text);

    public void AppendFormatted<T>(T value) => AppendFormatted(value, null);

    public void AppendFormatted<T>(T value, string? format) => _text.Append(WebUtility.HtmlEncode(
        value is IFormattable formattable ? formattable.ToString(format, CultureInfo.InvariantCulture) : value?.ToString()));

    public override string ToString() => _text.ToString();
}
