using ActorTrainer.Core.Experiments;
using ActorTrainer.Journal;

namespace ActorTrainer.Hosting;

/// <summary><c>--fresh</c>: an earlier run keeps everything under a name of its own, NAME.1 and so on; the name is free again.</summary>
internal static class SetAside
{
    /// <summary>The caller holds the lock of <paramref name="name"/>; it moves along with the folder and is let go of with it.</summary>
    public static void Apply(RunsFolder runs, ExperimentName name, IRunObserver observer)
    {
        var journal = new RunJournal(runs);
        if (journal.Load(name) is null) return;
        var aside = Enumerable.Range(1, int.MaxValue).Select(i => $"{name}.{i}").Where(ExperimentName.IsValid).Select(text => new ExperimentName(text))
            .First(candidate => !Directory.Exists(runs[candidate].Path) && journal.Load(candidate) is null);

        // The folder's content moves file by file, since the lock's file must stay where it is locked. The journal's rows move last, in one
        // transaction: killed in between, the run is found without its files, falls back to its beginning, and nothing is deleted.
        Directory.CreateDirectory(runs[aside].Path);
        foreach (string entry in Directory.EnumerateFileSystemEntries(runs[name].Path))
        {
            if (entry != runs[name].Lock) Directory.Move(entry, Path.Combine(runs[aside].Path, Path.GetFileName(entry)));
        }

        journal.Rename(name, aside);
        observer.Notice($"The earlier run is set aside as '{aside}'.");
    }
}
