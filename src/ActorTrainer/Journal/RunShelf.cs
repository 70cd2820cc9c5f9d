using System.Collections.Immutable;
using System.Globalization;
using ActorTrainer.Core.Experiments;
using ActorTrainer.Hosting;
using ActorTrainer.Transport;
using ActorTrainer.Transport.Checkpoints;

namespace ActorTrainer.Journal;

/// <summary>
/// Puts runs and checkpoints out of the way: what journal and folder must do together, under the run's lock. A folder moves by one rename before the
/// journal follows, so whatever is interrupted can be asked for again.
/// </summary>
public sealed class RunShelf(RunsFolder runs, TimeProvider time)
{
    private const string RemovedPrefix = ".removed-";
    private readonly RunJournal _journal = new(runs);

    /// <summary>Gives a run the name NAME.1, NAME.2 or the next that is free, with everything in it. Null where there is no such run.</summary>
    public ExperimentName? SetAside(ExperimentName name)
    {
        var folder = runs[name];
        bool known = _journal.Load(name) is not null;
        if (!known && !Directory.Exists(folder.Path)) return null;
        using var held = Take(name);
        for (int number = 1; ; number++)
        {
            string text = string.Create(CultureInfo.InvariantCulture, $"{name}.{number}");
            if (!ExperimentName.IsValid(text)) throw new RunBusyException($"'{name}' can't be set aside as '{text}': {ExperimentName.Rule}. Give the experiment another name.");
            var aside = new ExperimentName(text);
            if (_journal.Load(aside) is not null) continue;
            // A folder of that name without a history is a setting aside that was interrupted: its journal follows now.
            if (Directory.Exists(runs[aside].Path) && HasMoreThanLock(folder)) continue;
            if (!Directory.Exists(runs[aside].Path)) Directory.Move(folder.Path, runs[aside].Path);
            if (known) _journal.Rename(name, aside);
            return aside;
        }
    }

    /// <summary>Removes a run with everything in it.</summary>
    public void Remove(ExperimentName name)
    {
        using var held = Take(name);
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
        var store = new FolderCheckpointStore(runs[name].CheckpointFolder);
        foreach (var id in checkpoints) store.Delete(id);
    }

    /// <summary>Folders that a removal left when it was killed.</summary>
    public ImmutableArray<string> Leftovers() =>
        Directory.Exists(runs.Path) ? [.. Directory.EnumerateDirectories(runs.Path, RemovedPrefix + "*").Order(StringComparer.Ordinal)] : [];

    public static long BytesIn(string folder) => Directory.Exists(folder)
        ? new DirectoryInfo(folder).EnumerateFiles("*", SearchOption.AllDirectories).Sum(file => file.Length)
        : 0;

    private RunLock Take(ExperimentName name) => RunLock.TryTake(runs[name], out int? holder)
        ?? throw new RunBusyException($"'{name}' is being trained{(holder is { } id ? $" by process {id}" : "")}; stop that first (Ctrl-C there saves everything).");

    private static bool HasMoreThanLock(RunFolder folder) => Directory.EnumerateFileSystemEntries(folder.Path).Any(entry => entry != folder.Lock);
}

/// <summary>A run can't be touched now. The message is for a person.</summary>
public sealed class RunBusyException(string message) : Exception(message);
