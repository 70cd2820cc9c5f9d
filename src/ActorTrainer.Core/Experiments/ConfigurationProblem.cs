using System.Text;

namespace ActorTrainer.Core.Experiments;

/// <summary>One error or warning in a configuration, with everything a person needs to find and mend it.</summary>
/// <param name="Path">The full key path, such as <c>experiment.training.phases.0.epochs</c>; empty for a syntax error.</param>
/// <param name="File">As the user named it; <c>--set</c> for an override (the line is then its number).</param>
/// <param name="Line">From 1; 0 where there is no place in a file.</param>
/// <param name="Column">From 1, in characters.</param>
/// <param name="Message">What is wrong and what was expected.</param>
/// <param name="Suggestion">The nearest of all keys or values at that place; null: none is near.</param>
/// <param name="SourceLine">The line itself, for showing; null where there is none.</param>
public sealed record ConfigurationProblem(
    string Path, string File, int Line, int Column, string Message, string? Suggestion = null, string? SourceLine = null)
{
    /// <summary><c>file:line:col: experiment.x: message; did you mean 'y'?</c> on one line.</summary>
    public override string ToString()
    {
        var text = new StringBuilder(File);
        if (Line > 0) text.Append(':').Append(Line).Append(':').Append(Column);
        text.Append(": ");
        if (Path.Length > 0) text.Append(Path).Append(": ");
        text.Append(Message);
        if (Suggestion is not null) text.Append("; did you mean '").Append(Suggestion).Append("'?");
        return text.ToString();
    }

    /// <summary>The line of <see cref="ToString"/>, then the source line with a caret below the place.</summary>
    public string ToText()
    {
        if (SourceLine is null || Line == 0) return ToString();
        const int Width = 160;      // a minified file must not flood the terminal
        int from = Math.Clamp(Column - 1 - Width / 2, 0, Math.Max(0, SourceLine.Length - Width));
        string shown = Printable(SourceLine.AsSpan(from, Math.Min(Width, SourceLine.Length - from)));
        int caret = Math.Clamp(Column - 1 - from, 0, shown.Length);
        string number = Line.ToString(System.Globalization.CultureInfo.InvariantCulture);
        string margin = new(' ', number.Length);
        return $"{this}\n  {number} | {shown}\n  {margin} | {new string(' ', caret)}^";
    }

    /// <summary>Several problems for a terminal, each with its source line.</summary>
    public static string ToText(IEnumerable<ConfigurationProblem> problems) => string.Join('\n', problems.Select(problem => problem.ToText()));

    /// <summary>A file must not steer the terminal it is shown on; tabs become one space so that the caret stands right.</summary>
    private static string Printable(ReadOnlySpan<char> line)
    {
        var text = new StringBuilder(line.Length);
        foreach (char c in line) text.Append(char.IsControl(c) ? c == '\t' ? ' ' : '?' : c);
        return text.ToString();
    }
}
