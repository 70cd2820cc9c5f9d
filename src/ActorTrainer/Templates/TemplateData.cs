using System.Collections.Immutable;
using System.Globalization;
using ActorTrainer.Core.Data;
using ActorTrainer.Core.Experiments;
using ActorTrainer.Data.Inspection;
using ActorTrainer.DataSets;

namespace ActorTrainer.Templates;

/// <summary>What a template has to know of somebody's pictures.</summary>
/// <param name="Heading">Comment lines for a person.</param>
/// <param name="Name">The experiment's; null: the file's.</param>
/// <param name="Validation">Null: a share of the training pictures.</param>
/// <param name="Classes">Of the training pictures.</param>
/// <param name="Side">The middle of the pictures' longer sides, in pixels.</param>
/// <param name="IsGrey">None of them has colour.</param>
internal sealed record TemplateData(
    ImmutableArray<string> Heading, string? Name, string Train, string? Validation, string? Test, ImmutableArray<ClassCount> Classes, bool HasUnreadable, int Side, bool IsGrey)
{
    private static readonly string[] ValidationNames = ["val", "valid", "validation"], TestNames = ["test", "testing"];

    public int Pictures => Classes.Sum(entry => entry.Pictures);

    /// <summary>Of a folder or zip, for a file that stands on the same disk: paths are relative to it where both can move together.</summary>
    public static TemplateData Of(FolderInspection seen, string file)
    {
        string own = Path.GetFileNameWithoutExtension(file), name = NameFrom(own), command = Path.GetRelativePath(Environment.CurrentDirectory, file);
        ImmutableArray<string> heading =
        [
            Summary(seen.Classes), "",
            $"  actortrainer check {command} --data     what it will do, how long it takes, and a picture of one batch",
            $"  actortrainer run {command}              trains; run it again after any interruption and it goes on",
            $"  actortrainer predict {name} PATH        says what other pictures show",
            "", "Every key that can stand here, with its default: config/reference.conf.",
        ];
        return new(heading, name == own ? null : name, Location(seen.Root, file), PartOf(ValidationNames), PartOf(TestNames), seen.Classes, !seen.Unreadable.IsEmpty,
            Math.Max(seen.Width.Median, seen.Height.Median), seen.IsGrey);

        string? PartOf(string[] names) =>
            seen.Parts.FirstOrDefault(part => IsOf(names, part)) is { } part ? Location($"{seen.Location.TrimEnd('/')}/{part}", file) : null;
    }

    /// <summary>Of a data set that was uploaded.</summary>
    public static TemplateData Of(ShelvedDataSet set, (int Side, bool IsGrey) look, string name)
    {
        return new([Summary(set.Parts[0].Classes)], name,
            LocationOf(set.Parts[0]), PartOf(ValidationNames), PartOf(TestNames), set.Parts[0].Classes, false, look.Side, look.IsGrey);

        string? PartOf(string[] names) => set.Parts.FirstOrDefault(part => IsOf(names, part.Name)) is { } part ? LocationOf(part) : null;
        string LocationOf(ArchivePart part) => new RegisteredData(set.Name, part.Folder).ToString();
    }

    /// <summary>A name that experiments may have, as near to the text as possible.</summary>
    public static string NameFrom(string text)
    {
        if (text.EndsWith(".zip", StringComparison.OrdinalIgnoreCase)) text = text[..^4];
        var name = new System.Text.StringBuilder();
        foreach (char c in text.ToLowerInvariant())
        {
            if (char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '.' or '_') name.Append(c);
            else if (name.Length > 0 && name[^1] != '-') name.Append('-');
        }

        string made = name.ToString().Trim('-', '.', '_');
        if (made.Length > 40) made = made[..40].TrimEnd('-', '.', '_');
        return ExperimentName.IsValid(made) ? made : "pictures";
    }

    private static bool IsOf(string[] names, string part) => names.Contains(part, StringComparer.OrdinalIgnoreCase);

    private static string Summary(ImmutableArray<ClassCount> counts)
    {
        const int Named = 12;
        string classes = string.Join(", ", counts.Take(Named).Select(entry => $"{Visible(entry.Name)} ({entry.Pictures.ToString(CultureInfo.InvariantCulture)})"));
        return $"{counts.Sum(entry => entry.Pictures)} pictures of {counts.Length} classes: {classes}{(counts.Length > Named ? ", ..." : "")}.";
    }

    /// <summary>A folder's name must not end the comment it stands in.</summary>
    private static string Visible(string name) => string.Concat(name.Select(c => char.IsControl(c) ? '?' : c));

    /// <summary>Relative where the data stand beside or below the file, so that both can move together; else absolute.</summary>
    private static string Location(string path, string file)
    {
        string relative = Path.GetRelativePath(Path.GetDirectoryName(file)!, path).Replace(Path.DirectorySeparatorChar, '/');
        return relative.StartsWith("..", StringComparison.Ordinal) ? Path.GetFullPath(path) : relative;
    }
}
