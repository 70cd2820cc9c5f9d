using ActorTrainer.Actors.Journal;
using ActorTrainer.Core.Checkpoints;
using ActorTrainer.Core.Experiments;
using ActorTrainer.Transport.Checkpoints;

namespace ActorTrainer.Hosting;

/// <summary>
/// Where runs are: a folder for each, and the journal of all of them, which stands in the same folder unless it is said to be elsewhere. So do the checkpoints.
/// </summary>
/// <param name="Path">Absolute.</param>
public sealed record RunsFolder(string Path)
{
    public const string Variable = "ACTORTRAINER_RUNS";

    /// <summary>What was asked for, else $ACTORTRAINER_RUNS, else ./runs.</summary>
    public static RunsFolder Choose(string? asked)
    {
        string? wanted = string.IsNullOrEmpty(asked) ? Environment.GetEnvironmentVariable(Variable) : asked;
        var runs = new RunsFolder(System.IO.Path.GetFullPath(string.IsNullOrEmpty(wanted) ? "runs" : wanted));
        if (Environment.GetEnvironmentVariable(JournalLocation.Variable) is { Length: > 0 } journal) runs = runs with { Journal = JournalLocation.Parse(journal) };
        if (Environment.GetEnvironmentVariable(CheckpointStoreLocation.Variable) is { Length: > 0 } checkpoints) runs = runs.WithCheckpointsIn(checkpoints);
        return runs;
    }

    public JournalLocation Journal { get; init; } = JournalLocation.Of(Path);

    /// <summary>Where runs that begin now keep their checkpoints; null: in their folders.</summary>
    public CheckpointStoreLocation? Checkpoints { get; init; }

    /// <summary>The folder of data sets that were uploaded.</summary>
    public string DataSets { get; init; } = System.IO.Path.Combine(Path, ".data-sets");

    public RunFolder this[ExperimentName name] => RunFolder.Of(Path, name);

    /// <summary>Throws <see cref="CheckpointStoreException"/>.</summary>
    public RunsFolder WithCheckpointsIn(string location) => this with { Checkpoints = Parse(location) };

    /// <summary>With what a run keeps from its first start on: its lineage, and where its checkpoints are.</summary>
    public ExperimentDefinition Settle(ExperimentDefinition resolved, ExperimentDefinition? earlier) => earlier is null
        ? resolved with { CheckpointStore = NewPlace(resolved.Name)?.ToString() }
        : resolved with { Parent = earlier.Parent, CheckpointStore = earlier.CheckpointStore };

    /// <summary>Where the run's checkpoints have been since it began, whatever is set now.</summary>
    /// <param name="name">The one that it has now.</param>
    public ICheckpointStore StoreOf(ExperimentName name, ExperimentDefinition definition) =>
        PlaceOf(definition)?.Open() ?? new FolderCheckpointStore(this[name].CheckpointFolder);

    /// <summary>Null: in the run's folder.</summary>
    public CheckpointStoreLocation? PlaceOf(ExperimentDefinition definition) => definition.CheckpointStore is not { } elsewhere ? null
        : Checkpoints is { } now ? Parse(elsewhere).ReachedAs(now) : Parse(elsewhere);

    /// <summary>One that no other run has or had, whatever its name, in whatever runs folder.</summary>
    private CheckpointStoreLocation? NewPlace(ExperimentName name) => Checkpoints?.Below($"{name}-{Guid.NewGuid().ToString("N")[..8]}");

    private static CheckpointStoreLocation Parse(string location)
    {
        try
        {
            return CheckpointStoreLocation.Parse(location);
        }
        catch (FormatException e)
        {
            throw new CheckpointStoreException(e.Message);
        }
    }
}

/// <summary>Where checkpoints should be kept can't be. The message is for a person.</summary>
public sealed class CheckpointStoreException(string problem) : Exception($"Checkpoints can't be kept where ${CheckpointStoreLocation.Variable} or node.checkpoints says: {problem}.");
