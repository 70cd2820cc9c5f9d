using System.Collections.Immutable;
using ActorTrainer.Core.Experiments;
using ActorTrainer.Hosting;
using ActorTrainer.Transport;

namespace ActorTrainer.Journal;

/// <summary>
/// Puts runs and checkpoints out of the way: what journal and folder must do together, under the run's lock. A folder moves by one rename before the
/// journal follows, so whatever is interrupted can be asked for again.
/// </summary>
public sealed class RunShelf(RunsFolder runs, TimeProvider time)
{
    private const string RemovedPrefix = ".removed-";
    private readonly RunJournal _journal = new(runs);

    /// <summary>Removes a run with everything in it. Checkpoints that are kept elsewhere go first: the journal is all that knows where.</summary>
    public void Remove(ExperimentName name)
    {
        using var held = Take(name);
        if (_journal.Load(name) is { } run) runs.PlaceOf(run.Definition)?.Remove();
        string removed = System.IO.Path.Combine(runs.Path, $"{RemovedPrefix}{name}-{Guid.NewGuid():N}");
        Directory.Move(runs[name].Path, removed);
        _journal.Remove(name);
        Directory.Delete(removed, recursive: true);
    }

    /// <summary>Retires checkpoints of a run that nobody trains.</summary>
    public void Retire(ExperimentName name, ImmutableArray<CheckpointId> checkpoints)
    {
        using var held = Take(name);
        _journal.Append(name, [.. checkpoints.Select(id => new ExperimentEvents.CheckpointRetired(id, time.GetUtcNow()))]);
        if (_journal.Load(name) is not { } run) return;
        var store = runs.StoreOf(name, run.Definition);
        foreach (var id in checkpoints) store.Delete(id);
    }

    /// <summary>Gives a run up that nobody trains; its checkpoints stay.</summary>
    public void Cancel(ExperimentName name)
    {
        using var held = Take(name);
        _journal.Append(name, [new ExperimentEvents.ExperimentCancelled(time.GetUtcNow())]);
    }

    /// <summary>Folders that a removal left when it was killed.</summary>
    public ImmutableArray<string> Leftovers() =>
        Directory.Exists(runs.Path) ? [.. Directory.EnumerateDirectories(runs.Path, RemovedPrefix + "*").Order(StringComparer.Ordinal)] : [];

    /// <summary>Of a run's folder, and of checkpoints that are kept elsewhere.</summary>
    public long BytesOf(RunEntry run) =>
        BytesIn(runs[run.Name].Path) + (run.Experiment.Definition.CheckpointStore is null ? 0 : run.Experiment.Checkpoints.Sum(checkpoint => checkpoint.Bytes));

    public static long BytesIn(string folder) => Directory.Exists(folder)
        ? new DirectoryInfo(folder).EnumerateFiles("*", SearchOption.AllDirectories).Sum(file => file.Length)
        : 0;

    private RunLock Take(ExperimentName name) => RunLock.TryTake(runs[name], out int? holder)
        ?? throw new RunBusyException($"'{name}' is being trained{(holder is { } id ? $" by process {id}" : "")}; stop that first (Ctrl-C there saves everything).");
}

/// <summary>A run can't be touched now. The message is for a person.</summary>
public sealed class RunBusyException(string message) : Exception(message);
