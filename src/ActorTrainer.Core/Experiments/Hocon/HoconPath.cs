using System.Collections.Immutable;
using System.Text;

namespace ActorTrainer.Core.Experiments.Hocon;

/// <summary>Key paths: elements divided by dots, quoted where an element holds what a bare one can't.</summary>
internal static class HoconPath
{
    /// <summary>The elements of a path as it is written; null and a reason where it is none.</summary>
    public static ImmutableArray<string>? Parse(ReadOnlySpan<char> text, out string? reason)
    {
        var elements = ImmutableArray.CreateBuilder<string>();
        var element = new StringBuilder();
        bool quoted = false;
        reason = null;
        for (int i = 0; i < text.Length; i++)
        {
            char c = text[i];
            if (c == '"')
            {
                int end = i + 1;
                while (end < text.Length && text[end] != '"') end += text[end] == '\\' ? 2 : 1;
                if (end >= text.Length)
                {
                    reason = "a quote in it is not closed";
                    return null;
                }

                if (HoconString.Unescape(text[(i + 1)..end], element) is { } wrong)
                {
                    reason = wrong;
                    return null;
                }

                (quoted, i) = (true, end);
            }
            else if (c == '.')
            {
                if (!Finish(elements)) break;
            }
            else if (char.IsWhiteSpace(c) || HoconString.IsReserved(c))
            {
                reason = char.IsWhiteSpace(c) ? "it holds a space" : $"it holds '{c}'";
                reason += "; such a key needs quotes";
                return null;
            }
            else
            {
                element.Append(c);
            }
        }

        if (Finish(elements)) return elements.ToImmutable();
        reason = text.Length == 0 ? "it is empty" : "an element between dots is empty";
        return null;

        bool Finish(ImmutableArray<string>.Builder into)
        {
            if (element.Length == 0 && !quoted) return false;
            into.Add(element.ToString());
            element.Clear();
            quoted = false;
            return true;
        }
    }

    /// <summary>One element as it has to be written in a path.</summary>
    public static string Element(string key) =>
        key.Length > 0 && !key.AsSpan().ContainsAny("./") && !key.Any(c => char.IsWhiteSpace(c) || char.IsControl(c) || HoconString.IsReserved(c))
            ? key : HoconString.Quote(key);

    public static string Join(string path, string key) => path.Length == 0 ? Element(key) : $"{path}.{Element(key)}";
}
