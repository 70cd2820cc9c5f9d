using YamlDotNet.Core;
using YamlDotNet.Core.Events;
using YamlDotNet.Serialization;

namespace ActorTrainer.EndToEnd.Tests.Deploy;

/// <summary>A YAML document as plain dictionaries, lists and strings, asked by dotted paths.</summary>
internal sealed class Yaml(string file, object root)
{
    public string File => file;

    /// <summary>Every document of a file; anchors and merge keys are resolved.</summary>
    public static IReadOnlyList<Yaml> Read(string file)
    {
        using var text = new StreamReader(file);
        var parser = new MergingParser(new Parser(text));
        var deserializer = new DeserializerBuilder().WithDuplicateKeyChecking().Build();
        var documents = new List<Yaml>();
        parser.Consume<StreamStart>();
        while (!parser.Accept<StreamEnd>(out _)) documents.Add(new(file, deserializer.Deserialize<object>(parser) ?? throw new InvalidDataException($"{file} has an empty document.")));
        return documents;
    }

    /// <summary>Text at a path; null where there is none.</summary>
    public string? this[string path] => Find(path) as string;

    public bool Has(string path) => Find(path) is not null;

    public IReadOnlyList<Yaml> Items(string path) => Find(path) is List<object> items ? [.. items.Select(item => new Yaml(file, item))] : [];

    public IReadOnlyList<string> Texts(string path) => Find(path) is List<object> items ? [.. items.Cast<string>()] : [];

    public IReadOnlyDictionary<string, Yaml> Entries(string path) =>
        Find(path) is Dictionary<object, object> entries ? entries.ToDictionary(entry => (string)entry.Key, entry => new Yaml(file, entry.Value ?? "")) : new Dictionary<string, Yaml>();

    public IReadOnlyDictionary<string, string> Labels(string path) => Entries(path).ToDictionary(entry => entry.Key, entry => entry.Value.Text);

    public string Text => root as string ?? throw new InvalidDataException($"{file} has no text where it is expected.");

    private object? Find(string path)
    {
        object? at = root;
        foreach (string key in path.Length == 0 ? [] : path.Split('.')) at = at is Dictionary<object, object> entries && entries.TryGetValue(key, out object? next) ? next : null;
        return at;
    }
}
