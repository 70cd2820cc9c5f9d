using System.Collections.Immutable;
using System.Globalization;
using ActorTrainer.Core.Data;
using ActorTrainer.Core.Experiments.Hocon;

namespace ActorTrainer.Core.Experiments.Binding;

/// <summary>One value and where it stands, read as what the key needs. A wrong value is reported and a harmless one answered, so that reading goes on.</summary>
internal sealed class Setting(ProblemLog problems, string path, HoconNode node)
{
    public string Path { get; } = path;
    public HoconNode Node { get; } = node;
    public HoconOrigin Origin => Node.Origin;
    public bool IsNull => Node is HoconScalar { IsNull: true };
    public bool IsInvalid => Node is HoconInvalid;

    public void Error(string message, string? suggestion = null)
    {
        if (!IsInvalid) problems.Error(Path, Origin, message, suggestion);
    }

    public void Warning(string message) => problems.Warning(Path, Origin, message);

    /// <summary>Says what was expected and what stands there.</summary>
    public void Expected(string what, string? suggestion = null) =>
        Error(IsNull ? $"required: expected {what}" : $"expected {what}, found {Node.Describe()}", suggestion);

    /// <summary>Null stands for no value; everything else is read by <paramref name="read"/>.</summary>
    public T? OrNull<T>(Func<Setting, T> read) where T : struct => IsNull ? null : read(this);

    public int Integer(int least, int most)
    {
        if (Scalar() is { } text && int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int value) && value >= least && value <= most)
            return value;
        Expected(most == int.MaxValue ? $"an integer, at least {least}" : $"an integer from {least} to {most}");
        return least;
    }

    public ulong Seed()
    {
        if (Scalar() is { } text && ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out ulong value)) return value;
        Expected($"an integer from 0 to {ulong.MaxValue}");
        return 0;
    }

    /// <summary>A number in the range.</summary>
    public double Number(NumberRange range)
    {
        if (TryNumber(out double value) && range.Contains(value)) return value;
        Expected(range.ToString());
        return range.Harmless;
    }

    public bool TryNumber(out double value)
    {
        value = 0;
        return Scalar() is { } text && HoconString.KindOf(text) == HoconKind.Number
            && double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out value) && double.IsFinite(value);
    }

    public bool Boolean()
    {
        if (Scalar() is "true" or "false") return Scalar() == "true";
        Expected("true or false");
        return false;
    }

    /// <summary>A string that is not empty.</summary>
    public string Text(string what)
    {
        if (Node is HoconScalar { IsNull: false, Text: { Length: > 0 } text } && !text.Contains('\0', StringComparison.Ordinal)) return text;
        Expected(what);
        return "";
    }

    public T Choice<T>(params (string Name, T Value)[] choices)
    {
        if (Node is HoconScalar { IsNull: false } scalar)
        {
            foreach (var (name, value) in choices)
                if (name == scalar.Text) return value;
        }

        string[] names = [.. choices.Select(choice => choice.Name)];
        Expected(names.Length == 1 ? names[0] : $"{string.Join(", ", names[..^1])} or {names[^1]}", Scalar() is { } word && word.Any(char.IsLetter) ? Nearest.Of(word, names) : null);
        return choices[0].Value;
    }

    /// <summary>A path, made absolute from the place it was written at.</summary>
    public string Location(string what)
    {
        if (Node is HoconScalar { Kind: HoconKind.Number or HoconKind.Boolean })
        {
            Expected($"{what}; a name like this one needs quotes");
            return "";
        }

        string text = Text(what);
        if (text.Length == 0) return text;
        if (Secrets.IsIn(text))
        {
            Error("credentials have no place in an experiment: name them in the node's file");
            return "";
        }

        return System.IO.Path.TrimEndingDirectorySeparator(System.IO.Path.GetFullPath(text, Origin.Folder));
    }

    /// <summary>A path, or a data set that a server keeps under a name.</summary>
    public string DataLocation(string what)
    {
        if (Node is not HoconScalar { IsNull: false, Text: var text } || !RegisteredData.IsMeant(text)) return Location(what);
        if (RegisteredData.Parse(text) is { } registered) return registered.ToString();
        Error($"expected \"{RegisteredData.Prefix}NAME\" or \"{RegisteredData.Prefix}NAME/FOLDER\", where NAME is {DataSetName.Rule}; found {Node.Describe()}");
        return "";
    }

    /// <summary>The entries of a list, each with its index in its path; null and an error where it is none.</summary>
    public ImmutableArray<Setting>? Items(string what)
    {
        if (Node is HoconArray array) return [.. array.Items.Select((item, i) => new Setting(problems, $"{Path}.{i}", item))];
        Expected(what);
        return null;
    }

    /// <summary>The entries of an object with keys of the user's own; null and an error where it is none.</summary>
    public ImmutableArray<(string Key, Setting Value)>? Entries(string what)
    {
        if (Node is HoconObject map) return [.. map.Fields.Select(field => (field.Key, new Setting(problems, HoconPath.Join(Path, field.Key), field.Value)))];
        Expected(what);
        return null;
    }

    /// <summary>The object here, its keys checked against <paramref name="reference"/>.</summary>
    public Section Section(HoconObject reference)
    {
        if (Node is HoconObject written) return new(problems, Path, written, reference, Origin);
        Expected("an object { ... }");
        return new(problems, Path, null, reference, Origin);
    }

    /// <summary>A bare word, number or boolean as text; environment variables and quoted numbers are as good as bare ones.</summary>
    private string? Scalar() => Node is HoconScalar { IsNull: false } scalar ? scalar.Text : null;
}

/// <summary>The numbers a key can take.</summary>
internal readonly record struct NumberRange(double Least, double Most, bool WithoutLeast = false, bool WithoutMost = false)
{
    public static NumberRange Positive => new(0, double.MaxValue, WithoutLeast: true);
    public static NumberRange NotNegative => new(0, double.MaxValue);
    /// <summary>0 and up, below 1.</summary>
    public static NumberRange Share => new(0, 1, WithoutMost: true);

    /// <summary>A value inside, to go on with after an error.</summary>
    public double Harmless => !WithoutLeast ? Least : !WithoutMost && Most < double.MaxValue ? Most : Most < double.MaxValue ? (Least + Most) / 2 : Least + 1;

    public bool Contains(double value) => (WithoutLeast ? value > Least : value >= Least) && (WithoutMost ? value < Most : value <= Most);

    public override string ToString() => FormattableString.Invariant(
        $"a number {(WithoutLeast ? "greater than" : "of at least")} {Least}{(Most < double.MaxValue ? FormattableString.Invariant($" and {(WithoutMost ? "less than" : "at most")} {Most}") : "")}");
}
