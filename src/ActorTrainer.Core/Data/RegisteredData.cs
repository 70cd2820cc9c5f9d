using System.Text.RegularExpressions;

namespace ActorTrainer.Core.Data;

/// <summary>The name of a data set that a server keeps: a file's name too, so it has nothing that could lead elsewhere.</summary>
public readonly partial record struct DataSetName
{
    /// <summary>Throws <see cref="ArgumentException"/> for what is no name.</summary>
    public DataSetName(string value) => Value = IsValid(value) ? value : throw new ArgumentException($"'{value}' is not a data set's name: {Rule}.", nameof(value));

    public const string Rule = "a lower-case letter or digit, then up to 63 of a-z 0-9 . _ -";

    public string Value { get; }

    public static bool IsValid(string? value) => value is not null && Pattern().IsMatch(value);

    public override string ToString() => Value;

    [GeneratedRegex(@"\A[a-z0-9][a-z0-9._-]{0,63}\z")]
    private static partial Regex Pattern();
}

/// <summary>A location that names a data set which the server keeps, instead of a path: <c>dataset:NAME</c>, or a folder in it, <c>dataset:NAME/train</c>.</summary>
/// <param name="Inside">The folder, with '/'; empty: the whole set.</param>
public sealed record RegisteredData(DataSetName Name, string Inside)
{
    public const string Prefix = "dataset:";

    /// <summary>Whether this is meant to be one, well written or not.</summary>
    public static bool IsMeant(string location) => location.StartsWith(Prefix, StringComparison.Ordinal);

    /// <summary>Null for what is none. The folder can't lead out of the data set: no <c>.</c> or <c>..</c>, no backslash, no control character, nothing empty.</summary>
    public static RegisteredData? Parse(string location)
    {
        if (!IsMeant(location)) return null;
        string[] parts = location[Prefix.Length..].TrimEnd('/').Split('/');
        return DataSetName.IsValid(parts[0]) && parts.Skip(1).All(IsFolder) ? new(new(parts[0]), string.Join('/', parts.Skip(1))) : null;

        static bool IsFolder(string part) => part is not ("" or "." or "..") && !part.Any(c => c == '\\' || char.IsControl(c));
    }

    public override string ToString() => Inside.Length == 0 ? $"{Prefix}{Name}" : $"{Prefix}{Name}/{Inside}";
}
