using System.Collections.Immutable;

namespace ActorTrainer.Core.Experiments.Hocon;

/// <summary>Where a value was written, and the folder its relative paths start from.</summary>
/// <param name="File">As the user named it.</param>
/// <param name="Line">From 1.</param>
/// <param name="Column">From 1.</param>
/// <param name="Folder">Absolute.</param>
internal sealed record HoconOrigin(string File, int Line, int Column, string Folder);

/// <summary>A resolved value: nothing left to substitute, include or merge. Immutable.</summary>
internal abstract class HoconNode(HoconOrigin origin)
{
    public HoconOrigin Origin { get; } = origin;

    /// <summary>For a person: "a list", "the number 3".</summary>
    public abstract string Describe();
}

internal enum HoconKind { Text, Number, Boolean, Null }

/// <summary>A string, number, boolean or null. <see cref="Text"/> is a number as it was written.</summary>
internal sealed class HoconScalar(string text, HoconKind kind, HoconOrigin origin) : HoconNode(origin)
{
    public string Text { get; } = text;
    public HoconKind Kind { get; } = kind;
    public bool IsNull => Kind == HoconKind.Null;

    public override string Describe()
    {
        string shown = Text.Length > 60 ? Text[..57] + "..." : Text;
        return Kind == HoconKind.Text ? $"'{Secrets.Mask(shown)}'" : shown;
    }
}

internal sealed class HoconArray(ImmutableArray<HoconNode> items, HoconOrigin origin) : HoconNode(origin)
{
    public ImmutableArray<HoconNode> Items { get; } = items;
    public override string Describe() => "a list";
}

/// <param name="Origin">Of the key, where it was last assigned.</param>
internal sealed record HoconField(string Key, HoconNode Value, HoconOrigin Origin);

/// <summary>Fields in the order of their first assignment, each key once.</summary>
internal sealed class HoconObject : HoconNode
{
    private readonly OrderedDictionary<string, HoconField> _fields;

    public HoconObject(IEnumerable<HoconField> fields, HoconOrigin origin)
        : base(origin)
    {
        _fields = new(StringComparer.Ordinal);
        foreach (var field in fields) _fields[field.Key] = field;
    }

    public int Count => _fields.Count;
    public IEnumerable<HoconField> Fields => _fields.Values;

    public HoconField? this[string key] => _fields.GetValueOrDefault(key);

    public override string Describe() => "an object";

    /// <summary>This with <paramref name="over"/> on top: objects merge, everything else is replaced.</summary>
    public HoconObject With(HoconObject over)
    {
        var merged = new OrderedDictionary<string, HoconField>(_fields, StringComparer.Ordinal);
        foreach (var field in over.Fields)
        {
            merged[field.Key] = merged.TryGetValue(field.Key, out var under) && under.Value is HoconObject a && field.Value is HoconObject b
                ? new(field.Key, a.With(b), field.Origin)
                : field;
        }

        return new(merged.Values, over.Origin);
    }

    /// <summary>This with one field replaced or added at the end.</summary>
    public HoconObject With(HoconField field) => new(_fields.Values.Append(field), Origin);
}

/// <summary>Stands where an error has been reported already, so that one mistake is told once.</summary>
internal sealed class HoconInvalid(HoconOrigin origin) : HoconNode(origin)
{
    public override string Describe() => "an invalid value";
}
