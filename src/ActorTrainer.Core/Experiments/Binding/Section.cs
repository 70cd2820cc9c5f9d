using ActorTrainer.Core.Experiments.Hocon;

namespace ActorTrainer.Core.Experiments.Binding;

/// <summary>An object of the file over the same object of reference.conf: unknown keys are errors, absent ones have their defaults.</summary>
internal sealed class Section
{
    private readonly ProblemLog _problems;
    private readonly HoconObject? _written;
    private readonly HoconObject _reference;
    private readonly HoconOrigin _origin;

    /// <param name="origin">Where problems about keys that are not there point to.</param>
    public Section(ProblemLog problems, string path, HoconObject? written, HoconObject reference, HoconOrigin origin)
    {
        (_problems, Path, _written, _reference, _origin) = (problems, path, written, reference, origin);
        foreach (var field in written?.Fields ?? [])
            if (reference[field.Key] is null && !problems.IsFull) Unknown(field);
    }

    public string Path { get; }
    public HoconObject? Written => _written;

    /// <summary>The value in force.</summary>
    public Setting this[string key] => IfWritten(key) ?? new(_problems, HoconPath.Join(Path, key), Default(key));

    /// <summary>The value of the file itself; null: the default is in force.</summary>
    public Setting? IfWritten(string key) => _written?[key] is { } field ? new(_problems, HoconPath.Join(Path, key), field.Value) : null;

    /// <summary>The value of the file itself where it is another than the default.</summary>
    public Setting? IfChanged(string key) =>
        IfWritten(key) is { IsInvalid: false } written && HoconWriter.Inline(written.Node) != HoconWriter.Inline(Reference(key).Value) ? written : null;

    /// <summary>An object within this one; where the file has none, all its defaults.</summary>
    public Section Child(string key)
    {
        var reference = (HoconObject)Reference(key).Value;
        return IfWritten(key)?.Section(reference) ?? new(_problems, HoconPath.Join(Path, key), null, reference, _origin);
    }

    /// <summary>The same keys, with what <paramref name="over"/> writes on top of what is written here.</summary>
    public Section With(HoconObject? over, string path) =>
        new(_problems, path, over is null ? _written : _written is null ? over : _written.With(over), _reference, over?.Origin ?? _origin);

    /// <summary>A default stands in no file of the user's: what is wrong with it (being required) is shown where its object stands.</summary>
    private HoconNode Default(string key) => Reference(key).Value switch
    {
        HoconScalar scalar => new HoconScalar(scalar.Text, scalar.Kind, _origin),
        HoconArray array => new HoconArray(array.Items, _origin),
        HoconObject fields => new HoconObject(fields.Fields, _origin),
        var node => node,
    };

    private HoconField Reference(string key) =>
        _reference[key] ?? throw new InvalidOperationException($"reference.conf has no key '{key}' at {Path}");

    private void Unknown(HoconField field)
    {
        string path = HoconPath.Join(Path, field.Key);
        string keys = string.Join(", ", _reference.Fields.Select(known => known.Key));
        string elsewhere = Binding.Reference.Instance.PlacesOf(field.Key) is [var place, ..] ? $"; it belongs in {place}" : "";
        string? suggestion = elsewhere.Length > 0 ? null : Nearest.Of(field.Key, _reference.Fields.Select(known => known.Key));
        _problems.Error(path, field.Origin, $"unknown key{elsewhere}; expected one of {keys}", suggestion);
    }
}
