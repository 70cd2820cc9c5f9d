using System.Collections.Immutable;
using System.Text;

namespace ActorTrainer.Core.Experiments.Hocon;

/// <summary>
/// Looks up every substitution in the final tree. A key is worked out from its last assignment backwards; while one of its assignments is
/// being worked out, a reference to that key means the assignments before it (so <c>path = ${path}":more"</c> adds, and a circle is found).
/// </summary>
internal sealed class HoconResolver(ObjectSyntax root, ConfigurationSources sources, ProblemLog problems)
{
    private readonly Dictionary<Slot, int> _below = [];         // slots being worked out: how many assignments may be seen
    private readonly HashSet<string> _referenced = new(StringComparer.Ordinal);
    private int _work, _expanded, _depth;
    private bool _circular;

    public IReadOnlySet<string> Referenced => _referenced;

    public HoconObject? Resolve()
    {
        try
        {
            return Object(root);
        }
        catch (HoconException e)
        {
            problems.Error("", e.Origin, e.Message);
            return null;
        }
    }

    private HoconObject Object(ObjectSyntax syntax)
    {
        Enter(syntax.Origin);
        var fields = new List<HoconField>();
        foreach (var (key, slot) in syntax.Slots)
            if (Value(slot) is { } value) fields.Add(new(key, value, slot.KeyOrigin!));
        _depth--;
        return new(fields, syntax.Origin);
    }

    /// <summary>What a key holds; null: only optional substitutions of nothing.</summary>
    private HoconNode? Value(Slot slot)
    {
        HoconObject? merged = null;
        for (int i = Visible(slot) - 1; i >= 0; i--)
        {
            var value = slot.Layers[i] is ObjectSyntax literal ? Object(literal) : EvaluateLayer(slot, i);
            if (value is null) continue;
            if (value is not HoconObject under) return merged ?? value;
            merged = merged is null ? under : under.With(merged);
            Spend(merged.Origin, merged.Count);
        }

        return merged;
    }

    private HoconNode? Find(ObjectSyntax syntax, ImmutableArray<string> path, int element)
    {
        if (syntax.Find(path[element]) is not { } slot) return null;
        Spend(syntax.Origin, 1);
        if (element + 1 == path.Length) return Value(slot);
        HoconObject? merged = null;
        for (int i = Visible(slot) - 1; i >= 0; i--)
        {
            HoconNode? found;
            if (slot.Layers[i] is ObjectSyntax literal)
            {
                found = Find(literal, path, element + 1);
            }
            else
            {
                var value = EvaluateLayer(slot, i);
                if (value is null) continue;
                if (value is not HoconObject) break;
                found = Descend(value, path.AsSpan()[(element + 1)..]);
            }

            if (found is null) continue;
            if (found is not HoconObject under) return merged ?? found;
            merged = merged is null ? under : under.With(merged);
        }

        return merged;
    }

    private static HoconNode? Descend(HoconNode? node, ReadOnlySpan<string> path)
    {
        foreach (string element in path) node = (node as HoconObject)?[element]?.Value;
        return node;
    }

    private int Visible(Slot slot)
    {
        if (!_below.TryGetValue(slot, out int below)) return slot.Layers.Count;
        if (below == 0) _circular = true;
        return below;
    }

    private HoconNode? EvaluateLayer(Slot slot, int layer)
    {
        bool nested = _below.TryGetValue(slot, out int before);
        _below[slot] = layer;
        var value = Evaluate(slot.Layers[layer], slot);
        if (nested) _below[slot] = before;
        else _below.Remove(slot);
        return value;
    }

    /// <param name="slot">The key being assigned, its earlier assignments visible.</param>
    private HoconNode? Evaluate(Syntax syntax, Slot slot)
    {
        Enter(syntax.Origin);
        HoconNode? value = syntax switch
        {
            ScalarSyntax scalar => scalar.Value,
            ObjectSyntax literal => Object(literal),
            ArraySyntax array => new HoconArray([.. array.Items.Select(item => Evaluate(item, slot)).OfType<HoconNode>()], array.Origin),
            SubstitutionSyntax substitution => Substitute(substitution),
            ConcatenationSyntax concatenation => Concatenate(concatenation, slot),
            AppendSyntax append => AppendTo(Value(slot), append, slot),
            _ => throw new ArgumentOutOfRangeException(nameof(syntax), syntax.GetType().Name, "unknown syntax"),
        };
        _depth--;
        return value;
    }

    private HoconNode? Substitute(SubstitutionSyntax syntax)
    {
        _referenced.Add(syntax.Path[0]);
        bool outer = _circular;
        _circular = false;
        var found = (syntax.Prefix.IsEmpty ? null : Find(root, syntax.Prefix.AddRange(syntax.Path), 0)) ?? Find(root, syntax.Path, 0);
        bool circular = _circular;
        _circular = outer;
        if (found is not null) return found;
        string name = string.Join('.', syntax.Path);
        if (sources.Environment(name) is { } variable)
            return new HoconScalar(variable, HoconKind.Text, syntax.Origin with { Folder = sources.WorkingFolder });
        if (syntax.Optional) return null;
        problems.Error("", syntax.Origin, circular ? $"${{{name}}} leads back to itself"
            : sources.IsIsolated ? $"${{{name}}} is not in the file (the environment is not read here)"
            : $"${{{name}}} is neither in the file nor in the environment; ${{?{name}}} would be left out quietly");
        return new HoconInvalid(syntax.Origin);
    }

    private HoconNode? Concatenate(ConcatenationSyntax syntax, Slot slot)
    {
        var pieces = syntax.Pieces.Select(piece => (piece.Space, Value: Evaluate(piece.Value, slot))).ToList();
        var values = pieces.Select(piece => piece.Value).OfType<HoconNode>().ToList();
        if (values.Count == 0) return null;
        if (values.OfType<HoconInvalid>().FirstOrDefault() is { } invalid) return invalid;
        if (values.All(value => value is HoconObject)) return values.Cast<HoconObject>().Aggregate((under, over) => under.With(over));
        if (values.All(value => value is HoconArray)) return new HoconArray([.. values.Cast<HoconArray>().SelectMany(array => array.Items)], values[0].Origin);
        if (!values.All(value => value is HoconScalar))
        {
            var odd = values.First(value => value.GetType() != values[0].GetType());
            problems.Error("", odd.Origin, $"{values[0].Describe()} and {odd.Describe()} can't be joined: a ',' or a line end is missing between them");
            return new HoconInvalid(odd.Origin);
        }

        var text = new StringBuilder();
        for (int i = 0; i < pieces.Count; i++)
            text.Append(i == 0 ? "" : pieces[i].Space).Append((pieces[i].Value as HoconScalar)?.Text);
        if ((_expanded += text.Length) > HoconLimits.Expanded) throw new HoconException(syntax.Origin, "the substitutions expand to too much text");
        return new HoconScalar(text.ToString(), HoconKind.Text, values[0].Origin);
    }

    private HoconNode? AppendTo(HoconNode? before, AppendSyntax syntax, Slot slot)
    {
        if (Evaluate(syntax.Item, slot) is not { } item) return before;
        if (before is null) return new HoconArray([item], syntax.Origin);
        if (before is HoconArray array)
        {
            Spend(syntax.Origin, array.Items.Length);
            return new HoconArray(array.Items.Add(item), array.Origin);
        }

        if (before is not HoconInvalid) problems.Error("", syntax.Origin, $"'+=' adds to a list, and this key holds {before.Describe()}");
        return new HoconInvalid(syntax.Origin);
    }

    /// <summary>The depth is that of the stack: nesting and substitutions that lead to each other together.</summary>
    private void Enter(HoconOrigin at)
    {
        Spend(at, 1);
        if (++_depth > HoconLimits.ResolutionDepth) throw new HoconException(at, "substitutions and nesting lead too deep");
    }

    private void Spend(HoconOrigin at, int work)
    {
        if ((_work += work) > HoconLimits.Work) throw new HoconException(at, "the substitutions expand to too much");
    }
}
