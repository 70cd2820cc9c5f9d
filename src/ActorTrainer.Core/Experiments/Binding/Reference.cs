using System.Collections.Immutable;
using System.Text;
using ActorTrainer.Core.Experiments.Hocon;

namespace ActorTrainer.Core.Experiments.Binding;

/// <summary>
/// reference.conf: the only list of keys, defaults and marks. What it says is not repeated in code, so it can't drift from it.
/// </summary>
internal sealed class Reference
{
    private const string Resource = "reference.conf";
    private static readonly Lazy<Reference> Lazy = new(() => new());
    private readonly string[] _lines;

    private Reference()
    {
        using var stream = typeof(Reference).Assembly.GetManifestResourceStream(Resource)
            ?? throw new InvalidOperationException($"{Resource} is not embedded");
        using var reader = new StreamReader(stream, Encoding.UTF8);
        Text = reader.ReadToEnd();
        _lines = Text.Split('\n');
        var problems = new ProblemLog();
        var root = new HoconReader(ConfigurationSources.Isolated, problems).Read(Resource, Path.GetFullPath(Resource), Text);
        if (root is null || problems.Errors.Count > 0) throw new InvalidOperationException($"{Resource}: {ConfigurationProblem.ToText(problems.Errors)}");
        Root = root;
    }

    public static Reference Instance => Lazy.Value;

    /// <summary>The file itself, for people.</summary>
    public string Text { get; }
    public HoconObject Root { get; }
    public HoconObject Experiment => Object("experiment");
    /// <summary>The steps of augment and evaluate: name, parameters, defaults.</summary>
    public HoconObject Transforms => Object("transforms");
    /// <summary>The keys of normalize as an object.</summary>
    public HoconObject Normalize => Object("normalize");
    /// <summary>A phase with every key.</summary>
    public HoconObject Phase => (HoconObject)((HoconArray)Find(["experiment", "training", "phases"])!.Value).Items[0];

    /// <summary>A key's field; a number in the path stands for any entry of a list.</summary>
    public HoconField? Find(IEnumerable<string> path)
    {
        HoconNode node = Root;
        HoconField? field = null;
        foreach (string element in path)
        {
            if (node is HoconArray { Items: [var item, ..] })
            {
                node = item;
                continue;
            }

            field = (node as HoconObject)?[element];
            if (field is null) return null;
            node = field.Value;
        }

        return field;
    }

    /// <summary>The mark in the comment above a key; null: it has none.</summary>
    public KeyMark? MarkOf(HoconField field)
    {
        int line = field.Origin.Line - 2;       // the line above, from 0
        while (line >= 0 && _lines[line].TrimStart().StartsWith('#')) line--;
        string comment = _lines[line + 1].TrimStart(' ', '#');
        return Enum.GetValues<KeyMark>().Cast<KeyMark?>().FirstOrDefault(mark => comment.StartsWith($"{mark}:", StringComparison.OrdinalIgnoreCase));
    }

    /// <summary>Where else a key of this name stands; for people who put it in the wrong place.</summary>
    public ImmutableArray<string> PlacesOf(string key)
    {
        var places = ImmutableArray.CreateBuilder<string>();
        Walk(Experiment, "experiment");
        return places.ToImmutable();

        void Walk(HoconNode node, string path)
        {
            if (node is HoconArray { Items: [HoconObject item, ..] }) Walk(item, path + ".0");
            if (node is not HoconObject fields) return;
            foreach (var field in fields.Fields)
            {
                if (field.Key == key) places.Add(path);
                Walk(field.Value, $"{path}.{field.Key}");
            }
        }
    }

    private HoconObject Object(string key) => (HoconObject)Root[key]!.Value;
}
