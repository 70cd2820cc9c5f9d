using System.Collections.Immutable;
using ActorTrainer.Core.Experiments.Binding;
using ActorTrainer.Core.Experiments.Hocon;

namespace ActorTrainer.Core.Experiments;

/// <summary>What reading an experiment file gave: a configuration, or every error at once; warnings with either.</summary>
/// <param name="Configuration">Null exactly when there are errors.</param>
public sealed record ExperimentReading(
    ExperimentConfiguration? Configuration, ImmutableArray<ConfigurationProblem> Errors, ImmutableArray<ConfigurationProblem> Warnings)
{
    public bool IsValid => Configuration is not null;
}

/// <summary>From an experiment file to <see cref="ExperimentSettings"/>: the only door, nobody behind it sees HOCON.</summary>
public static class ExperimentFile
{
    /// <summary>Reads a file. Never throws for what stands in it, or for a file that is not there or can't be read.</summary>
    /// <param name="path">The file, relative to the working folder or absolute.</param>
    /// <param name="overrides"><c>path=value</c> as in <c>--set</c>, in order: the last wins.</param>
    /// <param name="sources">Files and environment; null: those of this process.</param>
    public static ExperimentReading Read(string path, IReadOnlyList<string>? overrides = null, ConfigurationSources? sources = null)
    {
        sources ??= ConfigurationSources.System;
        try
        {
            return path.Length > 0 && !path.Contains('\0', StringComparison.Ordinal) && sources.ReadFile(Path.GetFullPath(path, sources.WorkingFolder), HoconLimits.FileBytes) is { } text
                ? Parse(text, path, overrides, sources)
                : Unreadable("there is no such file");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return Unreadable($"the file can't be read: {e.Message}");
        }

        ExperimentReading Unreadable(string message) => new(null, [new("", path, 0, 0, message)], []);
    }

    /// <summary>Reads a text. A server passes <see cref="ConfigurationSources.Isolated"/>: no includes, no environment.</summary>
    /// <param name="path">How messages name it, what relative paths start from, and the name where the text has none.</param>
    public static ExperimentReading Parse(string text, string path, IReadOnlyList<string>? overrides = null, ConfigurationSources? sources = null)
    {
        sources ??= ConfigurationSources.System;
        var problems = new ProblemLog();
        var reader = new HoconReader(sources, problems);
        ExperimentSettings? settings = null;
        if (reader.Read(path, Path.GetFullPath(path, sources.WorkingFolder), text) is { } root)
        {
            root = new HoconOverrides(sources, problems).Apply(root, overrides ?? []);
            settings = new ExperimentBinder(problems).Read(root, reader.Referenced, Path.GetFileNameWithoutExtension(path));
        }

        return new(problems.Errors.Count == 0 && settings is not null ? new(settings) : null, [.. InOrder(problems.Errors, path)], [.. InOrder(problems.Warnings, path)]);
    }

    /// <summary>As the places stand in the file itself, then in the others.</summary>
    private static IEnumerable<ConfigurationProblem> InOrder(IEnumerable<ConfigurationProblem> problems, string file) =>
        problems.OrderBy(problem => problem.File != file).ThenBy(problem => problem.File, StringComparer.Ordinal).ThenBy(problem => problem.Line).ThenBy(problem => problem.Column);
}
