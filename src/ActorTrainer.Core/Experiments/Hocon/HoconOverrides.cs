using System.Collections.Immutable;
using System.Globalization;

namespace ActorTrainer.Core.Experiments.Hocon;

/// <summary>
/// <c>--set path=value</c> on a resolved tree, in order, so that the last wins. A number in the path indexes a list that is there;
/// that one key changes and nothing else.
/// </summary>
internal sealed class HoconOverrides(ConfigurationSources sources, ProblemLog problems)
{
    /// <summary>How problems name the place of an override; its line is its number, from 1.</summary>
    public const string Place = "--set";

    public HoconObject Apply(HoconObject root, IReadOnlyList<string> overrides)
    {
        problems.AddSource(Place, string.Join('\n', overrides.Select(line => line.ReplaceLineEndings(" "))));
        for (int i = 0; i < overrides.Count; i++)
        {
            try
            {
                root = Apply(root, overrides[i], i);
            }
            catch (HoconException e)
            {
                problems.Error(overrides[i][..Math.Clamp(AssignIn(overrides[i]), 0, 200)].Trim(), e.Origin, e.Message);
            }
        }

        return root;
    }

    private HoconObject Apply(HoconObject root, string text, int index)
    {
        var origin = new HoconOrigin(Place, index + 1, 1, sources.WorkingFolder);
        int assign = AssignIn(text);
        if (assign <= 0) throw new HoconException(origin, "expected path=value, such as experiment.seed=7");
        if (text.Length > HoconLimits.FileBytes) throw new HoconException(origin, $"longer than {HoconLimits.FileBytes} characters");
        var path = HoconPath.Parse(text.AsSpan(0, assign).Trim(), out string? reason);
        if (path is null || path.Value.Length > HoconLimits.Nesting)
            throw new HoconException(origin, $"not a key path before the '=': {reason ?? "too long"}");
        var source = new HoconText(Place, sources.WorkingFolder, text[(assign + 1)..], index + 1, assign + 1);
        var syntax = new ObjectSyntax(origin);
        syntax.Assign(["value"], new HoconParser(source, problems, NoIncludes, []).ParseValue(), origin);
        return new HoconResolver(syntax, ConfigurationSources.Isolated, problems).Resolve()?["value"]?.Value is { } value
            ? (HoconObject)Set(root, path.Value, 0, value, origin)
            : root;
    }

    private static HoconNode Set(HoconNode? node, ImmutableArray<string> path, int element, HoconNode value, HoconOrigin origin)
    {
        if (element == path.Length) return node is HoconObject under && value is HoconObject over ? under.With(over) : value;
        string key = path[element];
        bool isIndex = int.TryParse(key, NumberStyles.None, CultureInfo.InvariantCulture, out int index);
        if (node is HoconArray list)
        {
            string where = string.Join('.', path[..element]);
            if (!isIndex) throw new HoconException(origin, $"{where} is a list: expected a number instead of '{key}'");
            if (index >= list.Items.Length)
                throw new HoconException(origin, $"{where} has {list.Items.Length} {(list.Items.Length == 1 ? "entry" : "entries")}, counted from 0: there is no {index}");
            return new HoconArray(list.Items.SetItem(index, Set(list.Items[index], path, element + 1, value, origin)), list.Origin);
        }

        var into = node as HoconObject;
        if (isIndex && into?[key] is null) throw new HoconException(origin, $"there is no list {string.Join('.', path[..element])} in the file for the index {index}");
        into ??= new HoconObject([], origin);
        return into.With(new HoconField(key, Set(into[key]?.Value, path, element + 1, value, origin), origin));
    }

    private static int AssignIn(string text)
    {
        bool quoted = false;
        for (int i = 0; i < text.Length; i++)
        {
            if (text[i] == '"') quoted = !quoted;
            if (text[i] == '=' && !quoted) return i;
        }

        return -1;
    }

    private static ObjectSyntax? NoIncludes(string name, bool required, HoconText from, HoconOrigin at, ImmutableArray<string> prefix) =>
        throw new HoconException(at, "an override can't include a file");
}
