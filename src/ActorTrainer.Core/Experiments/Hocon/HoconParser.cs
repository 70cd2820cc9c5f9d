using System.Collections.Immutable;

namespace ActorTrainer.Core.Experiments.Hocon;

/// <summary>What the parser asks for when it meets <c>include</c>; null: nothing was included (and it has been said why).</summary>
internal delegate ObjectSyntax? IncludeFile(string name, bool required, HoconText from, HoconOrigin at, ImmutableArray<string> prefix);

/// <summary>Tokens to syntax, by recursive descent. Stops with a <see cref="HoconException"/> where the structure is broken.</summary>
internal sealed class HoconParser
{
    private readonly HoconText _source;
    private readonly ProblemLog _problems;
    private readonly IncludeFile _include;
    private readonly ImmutableArray<string> _prefix;
    private readonly List<Token> _tokens;
    private int _next;
    private int _depth;
    private int _doubtful = -1;     // the first '{' whose '}' stands further left than its own line: the likely culprit of a missing '}'

    /// <param name="prefix">Where the text is included: what its substitutions are tried below first.</param>
    public HoconParser(HoconText source, ProblemLog problems, IncludeFile include, ImmutableArray<string> prefix)
    {
        (_source, _problems, _include, _prefix) = (source, problems, include, prefix);
        _tokens = new HoconLexer(source, problems).Tokenize();
    }

    private Token Current => _tokens[_next];

    public ObjectSyntax ParseFile()
    {
        SkipNewLines();
        var root = new ObjectSyntax(_source.Origin(0));
        if (Current.Kind == TokenKind.OpenBrace)
        {
            Braced(root, _prefix);
            SkipNewLines();
            if (Current.Kind == TokenKind.CloseBrace) throw Stray();
            if (Current.Kind != TokenKind.End) throw Unexpected("the end of the file after the closing '}'");
        }
        else
        {
            Fields(root, _prefix, opening: -1);
        }

        return root;
    }

    /// <summary>One value that is the whole text, such as an override's.</summary>
    public Syntax ParseValue()
    {
        SkipNewLines();
        var value = Value(_prefix);
        SkipNewLines();
        return Current.Kind == TokenKind.End ? value : throw Unexpected("the end of the value");
    }

    private void Braced(ObjectSyntax into, ImmutableArray<string> path)
    {
        int opening = _next++;
        Deeper(opening);
        Fields(into, path, opening);
        _depth--;
    }

    /// <summary>Fields up to the brace that closes <paramref name="opening"/>, or to the end of the file for -1.</summary>
    private void Fields(ObjectSyntax into, ImmutableArray<string> path, int opening)
    {
        while (true)
        {
            SkipNewLines();
            switch (Current.Kind)
            {
                case TokenKind.End when opening < 0: return;
                case TokenKind.CloseBrace when opening >= 0:
                    NoteIndent(opening);
                    _next++;
                    return;
                case TokenKind.CloseBrace: throw Stray();
                case TokenKind.End:
                    throw Unclosed(_doubtful >= 0 ? _doubtful : opening, "'{'", Current);
                case TokenKind.CloseBracket when opening >= 0: throw Unclosed(opening, "'{'", Current);
            }

            Field(into, path);
            EndOfItem(opening, "'{'", "a line end, ',' or '}'");
        }
    }

    private void Field(ObjectSyntax into, ImmutableArray<string> path)
    {
        if (TryInclude(into, path)) return;
        var origin = _source.Origin(Current.Start);
        var key = Key();
        var whole = path.AddRange(key);
        if (whole.Length > HoconLimits.Nesting) throw new HoconException(origin, $"nested more than {HoconLimits.Nesting} deep");
        var token = Current;
        if (token.Kind == TokenKind.OpenBrace)
        {
            into.Assign(key, Value(whole), origin);
            return;
        }

        if (token.Kind is not (TokenKind.Assign or TokenKind.Append)) throw Unexpected($"'=' or '{{' after the key '{string.Join('.', key)}'");
        _next++;
        SkipNewLines();
        var value = Value(whole);
        into.Assign(key, token.Kind == TokenKind.Append ? new AppendSyntax(value, value.Origin) : value, origin);
    }

    private ImmutableArray<string> Key()
    {
        int first = _next;
        while (Current.Kind is TokenKind.Quoted or TokenKind.Bare && (_next == first || Current.Space.Length == 0)) _next++;
        if (_next == first) throw Unexpected("a key");
        int start = _tokens[first].Start;
        var text = _source.Text.AsSpan(start, _tokens[_next - 1].End - start);
        if (text.StartsWith("\"\"\"", StringComparison.Ordinal)) return [_tokens[first].Text];
        return HoconPath.Parse(text, out string? reason) ?? throw new HoconException(_source.Origin(start), $"not a key: {reason}");
    }

    /// <summary>Everything up to the end of the value: one piece, or several that are joined when they are known.</summary>
    private Syntax Value(ImmutableArray<string> path)
    {
        var pieces = new List<Piece>();
        var origin = _source.Origin(Current.Start);
        while (true)
        {
            var token = Current;
            switch (token.Kind)
            {
                case TokenKind.Quoted:
                    _next++;
                    pieces.Add(new(token.Space, new ScalarSyntax(new(token.Text, HoconKind.Text, _source.Origin(token.Start)))));
                    continue;
                case TokenKind.Bare:
                    _next++;
                    pieces.Add(new(token.Space, new ScalarSyntax(new(token.Text, HoconString.KindOf(token.Text), _source.Origin(token.Start)))));
                    continue;
                case TokenKind.Substitution:
                    _next++;
                    var at = _source.Origin(token.Start);
                    var target = HoconPath.Parse(token.Text, out string? reason) ?? throw new HoconException(at, $"'{token.Text}' is not a path: {reason}");
                    pieces.Add(new(token.Space, new SubstitutionSyntax(target, token.Optional, _prefix, at)));
                    continue;
                case TokenKind.OpenBrace:
                    var nested = new ObjectSyntax(_source.Origin(token.Start));
                    Braced(nested, path);
                    pieces.Add(new(token.Space, nested));
                    continue;
                case TokenKind.OpenBracket:
                    pieces.Add(new(token.Space, Array(path)));
                    continue;
            }

            return pieces.Count switch
            {
                0 => throw Unexpected("a value"),
                1 => pieces[0].Value,
                _ => new ConcatenationSyntax(pieces, origin),
            };
        }
    }

    private ArraySyntax Array(ImmutableArray<string> path)
    {
        int opening = _next++;
        Deeper(opening);
        var items = new List<Syntax>();
        while (true)
        {
            SkipNewLines();
            if (Current.Kind == TokenKind.CloseBracket) break;
            if (Current.Kind is TokenKind.End or TokenKind.CloseBrace or TokenKind.Assign or TokenKind.Append) throw Unclosed(opening, "'['", Current);
            items.Add(Value(path));
            if (Current.Kind is TokenKind.Assign or TokenKind.Append) throw Unclosed(opening, "'['", Current);
            EndOfItem(opening, "'['", "a line end, ',' or ']'");
        }

        _next++;
        _depth--;
        return new(items, _source.Origin(_tokens[opening].Start));
    }

    /// <summary>Between items stand line ends and at most one comma.</summary>
    private void EndOfItem(int opening, string bracket, string expected)
    {
        var token = Current;
        switch (token.Kind)
        {
            case TokenKind.NewLine:
                SkipNewLines();
                if (Current.Kind != TokenKind.Comma) return;
                _next++;
                break;
            case TokenKind.Comma: _next++; break;
            case TokenKind.CloseBrace or TokenKind.CloseBracket or TokenKind.End: return;
            default: throw opening < 0 ? Unexpected("a line end or ','") : Unexpected($"{expected} (inside the {bracket} of line {_source.Origin(_tokens[opening].Start).Line})");
        }
    }

    private bool TryInclude(ObjectSyntax into, ImmutableArray<string> path)
    {
        if (Current is not { Kind: TokenKind.Bare, Text: "include" }) return false;
        int at = _next + 1;
        var words = new List<string>();
        while (_tokens[at].Kind == TokenKind.Bare) words.Add(_tokens[at++].Text);
        if (_tokens[at].Kind != TokenKind.Quoted)
        {
            if (words.Count > 0) throw new HoconException(_source.Origin(Current.Start), "expected include \"file\", include file(\"file\") or include required(\"file\")");
            return false;       // a key of that name
        }

        string name = _tokens[at++].Text, opened = string.Concat(words);
        int closing = opened.Count(c => c == '(');
        var origin = _source.Origin(Current.Start);
        if (opened is not ("" or "file(" or "required(" or "required(file(")) throw new HoconException(origin, $"'{opened}' can't be included: files only");
        string closed = "";
        while (_tokens[at].Kind == TokenKind.Bare) closed += _tokens[at++].Text;
        if (closed != new string(')', closing)) throw new HoconException(origin, "the parentheses of this include don't match");
        _next = at;
        if (_include(name, opened.StartsWith("required", StringComparison.Ordinal), _source, origin, path) is { } included) into.Merge(included);
        return true;
    }

    private void SkipNewLines()
    {
        while (Current.Kind == TokenKind.NewLine) _next++;
    }

    private void Deeper(int opening)
    {
        if (++_depth > HoconLimits.Nesting)
            throw new HoconException(_source.Origin(_tokens[opening].Start), $"nested more than {HoconLimits.Nesting} deep");
    }

    private void NoteIndent(int opening)
    {
        var (indent, first) = _source.Indent(Current.Start);
        if (_doubtful < 0 && first && indent < _source.Indent(_tokens[opening].Start).Indent) _doubtful = opening;
    }

    private HoconException Unclosed(int opening, string bracket, Token met) =>
        new(_source.Origin(_tokens[opening].Start), met.Kind == TokenKind.End
            ? $"this {bracket} is never closed"
            : $"this {bracket} is not closed: '{met.Text}' in line {_source.Origin(met.Start).Line} can't stand inside it");

    private HoconException Stray() => new(_source.Origin(Current.Start), "this '}' closes nothing");

    private HoconException Unexpected(string expected)
    {
        var token = Current;
        string found = token.Kind is TokenKind.End or TokenKind.NewLine ? token.Text : $"'{(token.Text.Length > 40 ? token.Text[..40] + "..." : token.Text)}'";
        return new(_source.Origin(token.Start), $"expected {expected}, found {found}");
    }
}
