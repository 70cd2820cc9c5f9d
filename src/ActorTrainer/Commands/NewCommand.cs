using System.CommandLine;
using ActorTrainer.Core.Experiments;
using ActorTrainer.Data.Inspection;
using ActorTrainer.Templates;
using ActorTrainer.Terminal;

namespace ActorTrainer.Commands;

/// <summary>From somebody's pictures to an experiment file that is ready to run.</summary>
internal static class NewCommand
{
    public static readonly string[] Examples = ["actortrainer new ~/photos", "actortrainer new pictures.zip birds.conf"];

    private const int Shown = 5;

    public static Command Create(Screen screen)
    {
        var folder = new Argument<string>("FOLDER") { Description = "A folder or zip with a folder of pictures for each class, or with train, val and test folders of such" };
        var file = new Argument<string?>("FILE") { Arity = ArgumentArity.ZeroOrOne, Description = "The experiment file to write (default: the folder's name with .conf, here)" };
        var command = new Command("new", "Look at a folder of pictures and write an experiment file for it") { folder, file };
        command.SetAction((parsed, cancel) => Task.FromResult(Execute(screen, parsed.GetRequiredValue(folder), parsed.GetValue(file), cancel)));
        return command;
    }

    private static int Execute(Screen screen, string folder, string? file, CancellationToken cancel)
    {
        string location = Path.GetFullPath(folder).TrimEnd('/', Path.DirectorySeparatorChar);
        string target = file ?? TemplateData.NameFrom(Path.GetFileName(location)) + ".conf";
        if (File.Exists(target)) throw new UsageException($"{target} is there already; name another file: actortrainer new {folder} FILE.");
        var seen = FolderInspection.Inspect(location, DataProgressLine.On(screen), cancel);
        if (seen.Classes.Length < 2)
            throw new UsageException($"{seen.Root} has pictures of one class only ({seen.Classes[0].Name}); telling classes apart needs at least two folders side by side.");
        string text = ExperimentTemplate.Transfer.Write(TemplateData.Of(seen, Path.GetFullPath(target)));
        RequireValid(text, target);
        OutputFile.Write(target, replace: false, temporary => File.WriteAllText(temporary, text));
        Report(screen, seen, target);
        return ExitCode.Done;
    }

    /// <summary>What is handed out must pass <c>check</c>; anything else is an error of this program, not of the user.</summary>
    private static void RequireValid(string text, string target)
    {
        var reading = ExperimentFile.Parse(text, target);
        if (!reading.IsValid) throw new InvalidOperationException($"the file written for it is not valid: {ConfigurationProblem.ToText(reading.Errors)}");
    }

    private static void Report(Screen screen, FolderInspection seen, string target)
    {
        var table = Tables.Create("class", ">pictures");
        foreach (var entry in seen.Classes) table.Row(entry.Name, Format.Count(entry.Pictures));
        screen.Out.Write(table);
        screen.Out.Facts(
            ("pictures", $"{Format.Count(seen.Pictures)} in {Format.Count(seen.Classes.Length)} classes{(seen.Parts.IsEmpty ? "" : $", in {seen.Root}")}"),
            ("folders", seen.Parts.Length > 1 ? string.Join(", ", seen.Parts) : null),
            ("size", $"{seen.Width.Median} x {seen.Height.Median} in the middle, from {seen.Width.Min} x {seen.Height.Min} to {seen.Width.Max} x {seen.Height.Max}{(seen.IsGrey ? ", grey" : "")}"),
            ("formats", string.Join(", ", seen.Formats.Select(format => $"{Format.Count(format.Pictures)} {format.Format}"))),
            ("left out", seen.Ignored.IsEmpty ? null : $"{Format.Count(seen.Ignored.Length, "file")} that {(seen.Ignored.Length == 1 ? "is" : "are")} no picture in a class folder"));
        foreach (var problem in seen.Unreadable.Take(Shown)) screen.Say($"can't be read: {problem.Path}: {problem.Reason}");
        if (seen.Unreadable.Length > Shown) screen.Say($"and {Format.Count(seen.Unreadable.Length - Shown)} more that can't be read; the file says on-corrupt-file = skip");
        foreach (var few in seen.Classes.Where(entry => entry.Pictures < 10)) screen.Say($"only {Format.Count(few.Pictures, "picture")} of {few.Name}: more would help");
        screen.Result($"Wrote {target}. Next:");
        screen.Result($"  actortrainer run {target}");
    }
}
