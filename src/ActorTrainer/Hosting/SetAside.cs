using ActorTrainer.Core.Experiments;
using ActorTrainer.Journal;

namespace ActorTrainer.Hosting;

/// <summary><c>--fresh</c>: an earlier run keeps everything under a name of its own, NAME.1 and so on; the name is free again.</summary>
internal static class SetAside
{
    /// <summary>The caller holds the lock of <paramref name="name"/>, whose file stays where it is.</summary>
    public static void Apply(RunsFolder runs, ExperimentName name, IRunObserver observer)
    {
        var journal = new RunJournal(runs);
        if (journal.Load(name) is null) return;
        string[] entries = [.. Directory.EnumerateFileSystemEntries(runs[name].Path).Where(entry => entry != runs[name].Lock)];
        string stem = name.Value[..Math.Min(name.Value.Length, 56)];      // a name has at most 64 characters
        var aside = Enumerable.Range(1, int.MaxValue).Select(i => new ExperimentName($"{stem}.{i}"))
            .First(candidate => journal.Load(candidate) is null && !entries.Any(entry => Path.Exists(In(candidate, entry))));

        // The folder's content moves file by file, since the lock's file must stay where it is locked. The journal's rows move last, in one
        // transaction. Killed in between and asked again, it goes on into the same folder, which has no rows yet.
        Directory.CreateDirectory(runs[aside].Path);
        foreach (string entry in entries) Directory.Move(entry, In(aside, entry));
        journal.Rename(name, aside);
        observer.Notice($"The earlier run is set aside as '{aside}'.");

        string In(ExperimentName run, string entry) => Path.Combine(runs[run].Path, Path.GetFileName(entry));
    }
}
