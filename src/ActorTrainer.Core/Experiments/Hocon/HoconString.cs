using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace ActorTrainer.Core.Experiments.Hocon;

/// <summary>The characters of HOCON strings: which can stand bare, JSON's escapes both ways, what a bare word means.</summary>
internal static partial class HoconString
{
    private const string Reserved = "$\"{}[]:=,+#`^?!@*&\\";

    /// <summary>What a bare word or key can't hold.</summary>
    public static bool IsReserved(char c) => Reserved.Contains(c, StringComparison.Ordinal);

    public static HoconKind KindOf(string bare) => bare switch
    {
        "true" or "false" => HoconKind.Boolean,
        "null" => HoconKind.Null,
        _ => Number().IsMatch(bare) ? HoconKind.Number : HoconKind.Text,
    };

    /// <summary>Appends the text between two quotes; answers what is wrong with it, or null.</summary>
    public static string? Unescape(ReadOnlySpan<char> text, StringBuilder into)
    {
        for (int i = 0; i < text.Length; i++)
        {
            if (text[i] != '\\')
            {
                into.Append(text[i]);
                continue;
            }

            char c = ++i < text.Length ? text[i] : ' ';
            if (c == 'u')
            {
                if (i + 4 >= text.Length || !ushort.TryParse(text.Slice(i + 1, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ushort code))
                    return "'\\u' needs four hexadecimal digits";
                into.Append((char)code);
                i += 4;
                continue;
            }

            int at = "\"\\/bfnrt".IndexOf(c, StringComparison.Ordinal);
            if (at < 0) return $"'\\{c}' is no escape; a backslash itself is written '\\\\'";
            into.Append("\"\\/\b\f\n\r\t"[at]);
        }

        return null;
    }

    public static string Quote(string text)
    {
        var quoted = new StringBuilder("\"");
        foreach (char c in text)
        {
            quoted = c switch
            {
                '"' => quoted.Append("\\\""),
                '\\' => quoted.Append("\\\\"),
                '\n' => quoted.Append("\\n"),
                '\r' => quoted.Append("\\r"),
                '\t' => quoted.Append("\\t"),
                // Half a surrogate pair would not survive UTF-8; escaped it does.
                _ when char.IsControl(c) || char.IsSurrogate(c) => quoted.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}"),
                _ => quoted.Append(c),
            };
        }

        return quoted.Append('"').ToString();
    }

    /// <summary>A string as a value: bare where it is one plain word, else quoted.</summary>
    public static string Value(string text) => PlainWord().IsMatch(text) && KindOf(text) == HoconKind.Text ? text : Quote(text);

    [GeneratedRegex(@"\A-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?\z")]
    private static partial Regex Number();

    [GeneratedRegex(@"\A[A-Za-z][A-Za-z0-9-]*\z")]
    private static partial Regex PlainWord();
}
