using System.Collections.Immutable;
using ActorTrainer.Core.Experiments;
using ActorTrainer.Hosting;
using ActorTrainer.Registry;
using ActorTrainer.Terminal;

namespace ActorTrainer.Journal;

/// <summary>
/// What can go: runs that were set aside (unless one answers for its model, or is on trial), checkpoints of finished runs that nothing chooses by itself, and what killed
/// removals left.
/// </summary>
/// <param name="Spare">Of each run, its checkpoints but the best and the newest.</param>
/// <param name="Leftovers">Folders.</param>
internal sealed record Pruning(RunsFolder Runs, ImmutableArray<RunEntry> Aside, ImmutableArray<(ExperimentName Name, ImmutableArray<CommittedCheckpoint> Checkpoints)> Spare, ImmutableArray<string> Leftovers)
{
    /// <param name="busy">Runs that are left alone.</param>
    public static Pruning Of(RunsFolder runs, TimeProvider time, IReadOnlySet<ExperimentName> busy)
    {
        var all = new RunJournal(runs).All().Where(run => !busy.Contains(run.Name)).ToList();
        var answering = new ModelRegistry(runs, time).Models.SelectMany(model => new[] { model.Answering.Run, model.OnTrial?.Version.Run ?? model.Answering.Run }).ToHashSet();
        return new(runs, [.. all.Where(run => run.IsSetAside && !answering.Contains(run.Name))],
            [
                .. all.Where(run => !run.IsSetAside && run.Experiment.Status is ExperimentStatus.Completed or ExperimentStatus.Cancelled)
                    .Select(run => (run.Name, SpareOf(run.Experiment))).Where(run => !run.Item2.IsEmpty),
            ],
            new RunShelf(runs, time).Leftovers());
    }

    /// <summary>For a person, with the bytes that it frees.</summary>
    public IEnumerable<(string What, long Bytes)> Items(RunShelf shelf) =>
    [
        .. Aside.Select(run => ($"run {run.Name}, set aside", shelf.BytesOf(run))),
        .. Spare.Select(run => ($"{Format.Count(run.Checkpoints.Length, "checkpoint")} of {run.Name}: step {string.Join(", ", run.Checkpoints.Select(c => c.Id.Step))}", run.Checkpoints.Sum(c => c.Bytes))),
        .. Leftovers.Select(folder => ($"{Path.GetFileName(folder)}, left by a removal", RunShelf.BytesIn(folder))),
    ];

    public void Apply(RunShelf shelf)
    {
        foreach (var run in Aside) shelf.Remove(run.Name);
        foreach (var (name, checkpoints) in Spare) shelf.Retire(name, [.. checkpoints.Select(c => c.Id)]);
        foreach (string folder in Leftovers) Directory.Delete(folder, recursive: true);
    }

    private static ImmutableArray<CommittedCheckpoint> SpareOf(Experiment run) => [.. run.Checkpoints.Where(c => c != run.Best && c != run.Newest)];
}
