using ActorTrainer.Actors.Journal;
using ActorTrainer.Core.Experiments;

namespace ActorTrainer.Hosting;

/// <summary>Where runs are: a folder for each, and the journal of all of them, which stands in the same folder unless it is said to be elsewhere.</summary>
/// <param name="Path">Absolute.</param>
public sealed record RunsFolder(string Path)
{
    public const string Variable = "ACTORTRAINER_RUNS";

    /// <summary>What was asked for, else $ACTORTRAINER_RUNS, else ./runs.</summary>
    public static RunsFolder Choose(string? asked)
    {
        string? wanted = string.IsNullOrEmpty(asked) ? Environment.GetEnvironmentVariable(Variable) : asked;
        var runs = new RunsFolder(System.IO.Path.GetFullPath(string.IsNullOrEmpty(wanted) ? "runs" : wanted));
        return Environment.GetEnvironmentVariable(JournalLocation.Variable) is { Length: > 0 } elsewhere ? runs with { Journal = JournalLocation.Parse(elsewhere) } : runs;
    }

    public JournalLocation Journal { get; init; } = JournalLocation.Of(Path);

    public RunFolder this[ExperimentName name] => RunFolder.Of(Path, name);
}
