using System.Text;

namespace ActorTrainer.Core.Experiments.Hocon;

internal enum TokenKind { OpenBrace, CloseBrace, OpenBracket, CloseBracket, Comma, Assign, Append, NewLine, Quoted, Bare, Substitution, End }

/// <param name="Text">A quoted string's content, a bare word, a substitution's path as written; else what stands there.</param>
/// <param name="Space">White space before it on its line: part of a concatenated string.</param>
/// <param name="Start">Where it starts in the text.</param>
/// <param name="End">Where it ends in the text.</param>
internal readonly record struct Token(TokenKind Kind, string Text, string Space, int Start, int End)
{
    /// <summary>Of a substitution: <c>${?...}</c>.</summary>
    public bool Optional { get; init; }
}

/// <summary>One text being read: its name, its lines, the origin of any place in it.</summary>
internal sealed class HoconText
{
    private readonly List<int> _lineStarts = [0];
    private readonly string _folder;
    private readonly int _firstLine;

    /// <param name="firstLine">The number of the first line (an override's is its position among the overrides).</param>
    /// <param name="firstColumn">How many characters of that line stand before the text.</param>
    public HoconText(string file, string folder, string text, int firstLine = 1, int firstColumn = 0)
    {
        (File, _folder, Text, _firstLine, FirstColumn) = (file, folder, text, firstLine, firstColumn);
        for (int i = 0; i < text.Length; i++)
            if (text[i] == '\n') _lineStarts.Add(i + 1);
    }

    public string File { get; }
    public string Folder => _folder;
    public string Text { get; }
    private int FirstColumn { get; }

    public HoconOrigin Origin(int at)
    {
        int line = LineOf(at);
        return new(File, line + _firstLine, at - _lineStarts[line] + 1 + (line == 0 ? FirstColumn : 0), _folder);
    }

    /// <summary>How far the line of a place is indented, and whether that place is the first thing on it. (Nobody indents by more than 200.)</summary>
    public (int Indent, bool First) Indent(int at)
    {
        int start = _lineStarts[LineOf(at)], indent = start;
        while (indent < Text.Length && indent < start + 200 && Text[indent] is ' ' or '\t') indent++;
        return (indent - start, indent == at);
    }

    private int LineOf(int at)
    {
        int found = _lineStarts.BinarySearch(at);
        return found >= 0 ? found : ~found - 1;
    }
}

/// <summary>Cuts a text into tokens. What is wrong inside a token is reported and read as well as it can be, so that one run finds all of it.</summary>
internal sealed class HoconLexer(HoconText source, ProblemLog problems)
{
    private readonly string _text = source.Text;
    private readonly List<Token> _tokens = [];
    private int _at;

    public List<Token> Tokenize()
    {
        while (true)
        {
            int before = _at;
            while (_at < _text.Length && _text[_at] != '\n' && IsSpace(_text[_at])) _at++;
            string space = _text[before.._at];
            if (_at >= _text.Length)
            {
                _tokens.Add(new(TokenKind.End, "the end of the file", space, _at, _at));
                return _tokens;
            }

            Next(space);
        }
    }

    private void Next(string space)
    {
        int start = _at;
        switch (_text[_at])
        {
            case '\n': Add(TokenKind.NewLine, 1); break;
            case '{': Add(TokenKind.OpenBrace, 1); break;
            case '}': Add(TokenKind.CloseBrace, 1); break;
            case '[': Add(TokenKind.OpenBracket, 1); break;
            case ']': Add(TokenKind.CloseBracket, 1); break;
            case ',': Add(TokenKind.Comma, 1); break;
            case '=' or ':': Add(TokenKind.Assign, 1); break;
            case '+' when Sees("+="): Add(TokenKind.Append, 2); break;
            case '#': SkipLine(); break;
            case '/' when Sees("//"): SkipLine(); break;
            case '"' when Sees("\"\"\""): TripleQuoted(space); break;
            case '"': Quoted(space); break;
            case '$' when Sees("${"): Substitution(space); break;
            default: Bare(space); break;
        }

        void Add(TokenKind kind, int length)
        {
            _tokens.Add(new(kind, kind == TokenKind.NewLine ? "the end of the line" : _text.Substring(start, length), space, start, start + length));
            _at += length;
        }
    }

    private void TripleQuoted(string space)
    {
        int start = _at, end = _text.IndexOf("\"\"\"", _at + 3, StringComparison.Ordinal);
        if (end < 0) throw new HoconException(source.Origin(start), "this \"\"\" is never closed");
        int last = end;
        while (last + 3 < _text.Length && _text[last + 3] == '"') last++;       // quotes before the last three belong to the string
        _tokens.Add(new(TokenKind.Quoted, _text[(start + 3)..last], space, start, last + 3));
        _at = last + 3;
    }

    private void Quoted(string space)
    {
        int start = _at++;
        while (_at < _text.Length && _text[_at] is not ('"' or '\n')) _at += _text[_at] == '\\' && _at + 1 < _text.Length && _text[_at + 1] != '\n' ? 2 : 1;
        bool closed = _at < _text.Length && _text[_at] == '"';
        if (!closed) problems.Error("", source.Origin(start), "this string is not closed on its line; a string over several lines needs three quotes");
        var content = new StringBuilder();
        if (HoconString.Unescape(_text.AsSpan(start + 1, _at - start - 1), content) is { } wrong && closed) problems.Error("", source.Origin(start), wrong);
        if (closed) _at++;
        _tokens.Add(new(TokenKind.Quoted, content.ToString(), space, start, _at));
    }

    private void Substitution(string space)
    {
        int start = _at;
        _at += 2;
        bool optional = _at < _text.Length && _text[_at] == '?';
        if (optional) _at++;
        int from = _at;
        for (bool quoted = false; _at < _text.Length && _text[_at] != '\n' && (quoted || _text[_at] != '}'); _at++) quoted ^= _text[_at] == '"';
        if (_at >= _text.Length || _text[_at] != '}') throw new HoconException(source.Origin(start), "this '${' is not closed on its line");
        _tokens.Add(new(TokenKind.Substitution, _text[from.._at].Trim(), space, start, ++_at) { Optional = optional });
    }

    private void Bare(string space)
    {
        int start = _at;
        for (; _at < _text.Length && !IsSpace(_text[_at]) && !Sees("//"); _at++)
        {
            char c = _text[_at];
            if (c == '+' && _at > start && _text[_at - 1] is 'e' or 'E' && !Sees("+=")) continue;      // 1e+5
            if (!HoconString.IsReserved(c)) continue;
            if (c is '{' or '}' or '[' or ']' or ',' or '=' or ':' or '#' or '"' || Sees("${") || Sees("+=")) break;
            problems.Error("", source.Origin(_at), $"'{c}' needs quotes: put the whole text between \" and \"");
        }

        _tokens.Add(new(TokenKind.Bare, _text[start.._at], space, start, _at));
    }

    private void SkipLine()
    {
        while (_at < _text.Length && _text[_at] != '\n') _at++;
    }

    private bool Sees(string what) => string.CompareOrdinal(_text, _at, what, 0, what.Length) == 0;

    private static bool IsSpace(char c) => char.IsWhiteSpace(c) || c == '\uFEFF';
}
