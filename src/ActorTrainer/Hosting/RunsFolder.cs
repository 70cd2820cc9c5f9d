using ActorTrainer.Core.Experiments;

namespace ActorTrainer.Hosting;

/// <summary>Where runs are: the journal of all of them and a folder for each.</summary>
/// <param name="Path">Absolute.</param>
public sealed record RunsFolder(string Path)
{
    public const string Variable = "ACTORTRAINER_RUNS";

    /// <summary>What was asked for, else $ACTORTRAINER_RUNS, else ./runs.</summary>
    public static RunsFolder Choose(string? asked)
    {
        string? wanted = string.IsNullOrEmpty(asked) ? Environment.GetEnvironmentVariable(Variable) : asked;
        return new(System.IO.Path.GetFullPath(string.IsNullOrEmpty(wanted) ? "runs" : wanted));
    }

    public string Journal => RunFolder.JournalOf(Path);

    public RunFolder this[ExperimentName name] => RunFolder.Of(Path, name);
}
