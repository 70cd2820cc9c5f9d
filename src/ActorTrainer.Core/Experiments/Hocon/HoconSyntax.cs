using System.Collections.Immutable;

namespace ActorTrainer.Core.Experiments.Hocon;

/// <summary>A value as written: substitutions not yet looked up.</summary>
internal abstract class Syntax(HoconOrigin origin)
{
    public HoconOrigin Origin { get; } = origin;
}

internal sealed class ScalarSyntax(HoconScalar value) : Syntax(value.Origin)
{
    public HoconScalar Value { get; } = value;
}

internal sealed class ArraySyntax(IReadOnlyList<Syntax> items, HoconOrigin origin) : Syntax(origin)
{
    public IReadOnlyList<Syntax> Items { get; } = items;
}

/// <param name="Space">White space before the piece; kept where strings are joined.</param>
internal readonly record struct Piece(string Space, Syntax Value);

/// <summary>Two or more values side by side: strings, lists or objects that become one.</summary>
internal sealed class ConcatenationSyntax(IReadOnlyList<Piece> pieces, HoconOrigin origin) : Syntax(origin)
{
    public IReadOnlyList<Piece> Pieces { get; } = pieces;
}

/// <summary><c>${path}</c> or <c>${?path}</c>. In an included file the path is tried below the place of inclusion first.</summary>
internal sealed class SubstitutionSyntax(ImmutableArray<string> path, bool optional, ImmutableArray<string> prefix, HoconOrigin origin) : Syntax(origin)
{
    public ImmutableArray<string> Path { get; } = path;
    public bool Optional { get; } = optional;
    public ImmutableArray<string> Prefix { get; } = prefix;
}

/// <summary><c>key += value</c>: the list so far and one more item.</summary>
internal sealed class AppendSyntax(Syntax item, HoconOrigin origin) : Syntax(origin)
{
    public Syntax Item { get; } = item;
}

/// <summary>All that was assigned to one key, in order. The last counts; earlier ones are what it merges with or refers back to.</summary>
internal sealed class Slot
{
    private readonly List<Syntax> _layers = [];

    public IReadOnlyList<Syntax> Layers => _layers;
    public HoconOrigin? KeyOrigin { get; private set; }

    public void Assign(Syntax value, HoconOrigin key)
    {
        KeyOrigin = key;
        if (value is ObjectSyntax over && _layers.Count > 0 && _layers[^1] is ObjectSyntax under) under.Merge(over);
        else _layers.Add(value);
    }

    /// <summary>The object that <c>key.</c> or <c>key {</c> continues.</summary>
    public ObjectSyntax ContinueObject(HoconOrigin key)
    {
        KeyOrigin = key;
        if (_layers.Count > 0 && _layers[^1] is ObjectSyntax last) return last;
        var fresh = new ObjectSyntax(key);
        _layers.Add(fresh);
        return fresh;
    }
}

internal sealed class ObjectSyntax(HoconOrigin origin) : Syntax(origin)
{
    private readonly OrderedDictionary<string, Slot> _slots = new(StringComparer.Ordinal);

    public IEnumerable<KeyValuePair<string, Slot>> Slots => _slots;

    public Slot? Find(string key) => _slots.GetValueOrDefault(key);

    public void Assign(ImmutableArray<string> path, Syntax value, HoconOrigin key)
    {
        var into = this;
        foreach (string element in path[..^1]) into = into.Slot(element).ContinueObject(key);
        into.Slot(path[^1]).Assign(value, key);
    }

    public void Merge(ObjectSyntax over)
    {
        foreach (var (key, slot) in over._slots)
            foreach (var layer in slot.Layers) Slot(key).Assign(layer, slot.KeyOrigin!);
    }

    private Slot Slot(string key)
    {
        if (!_slots.TryGetValue(key, out var slot)) _slots.Add(key, slot = new());
        return slot;
    }
}
