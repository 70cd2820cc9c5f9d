using System.Collections.Immutable;
using System.CommandLine;
using ActorTrainer.Core.Experiments;
using ActorTrainer.Journal;
using ActorTrainer.Registry;
using ActorTrainer.Terminal;

namespace ActorTrainer.Commands;

/// <summary>Makes room: runs that were set aside (unless it answers for its model), checkpoints of finished runs that nothing chooses by itself, and what killed removals left.</summary>
internal static class PruneCommand
{
    public static readonly string[] Examples = ["actortrainer prune", "actortrainer prune --yes --runs /data/runs"];

    public static Command Create(Screen screen)
    {
        var runs = CommonOptions.Runs();
        var yes = CommonOptions.Yes();
        var command = new Command("prune", "Remove set-aside runs, and checkpoints of finished runs but the best and the newest") { runs, yes };
        command.SetAction(parsed => Execute(screen, RunLookup.In(parsed.GetValue(runs)), parsed.GetValue(yes)));
        return command;
    }

    private static int Execute(Screen screen, RunLookup lookup, bool yes)
    {
        var shelf = new RunShelf(lookup.Runs, TimeProvider.System);
        var all = lookup.Journal.All();
        var answering = new ModelRegistry(lookup.Runs, TimeProvider.System).Models.SelectMany(model => new[] { model.Answering.Run, model.OnTrial?.Version.Run ?? model.Answering.Run }).ToHashSet();
        ImmutableArray<RunEntry> aside = [.. all.Where(run => run.IsSetAside && !answering.Contains(run.Name))];
        var spare = all.Where(run => !run.IsSetAside && IsFinished(run.Experiment.Status))
            .Select(run => (run.Name, Checkpoints: Spare(run.Experiment))).Where(run => !run.Checkpoints.IsEmpty).ToList();
        var leftovers = shelf.Leftovers();

        long bytes = 0;
        foreach (var run in aside) Tell($"run {run.Name}, set aside", shelf.BytesOf(run));
        foreach (var (name, checkpoints) in spare)
            Tell($"{Format.Count(checkpoints.Length, "checkpoint")} of {name}: step {string.Join(", ", checkpoints.Select(c => c.Id.Step))}", checkpoints.Sum(c => c.Bytes));
        foreach (string folder in leftovers) Tell($"{Path.GetFileName(folder)}, left by a removal", RunShelf.BytesIn(folder));
        if (bytes == 0 && aside.IsEmpty && spare.Count == 0 && leftovers.IsEmpty)
        {
            screen.Say($"Nothing to prune in {lookup.Runs.Path}.");
            return ExitCode.Done;
        }

        if (!Consent.Given(screen, yes, $"Remove this for good and free {Format.Bytes(bytes)}?")) return ExitCode.Failed;
        foreach (var run in aside) shelf.Remove(run.Name);
        foreach (var (name, checkpoints) in spare) shelf.Retire(name, [.. checkpoints.Select(c => c.Id)]);
        foreach (string folder in leftovers) Directory.Delete(folder, recursive: true);
        screen.Say($"Freed {Format.Bytes(bytes)}.");
        return ExitCode.Done;

        void Tell(string what, long size)
        {
            bytes += size;
            screen.Say($"  {what} ({Format.Bytes(size)})");
        }
    }

    private static bool IsFinished(ExperimentStatus status) => status is ExperimentStatus.Completed or ExperimentStatus.Cancelled;

    private static ImmutableArray<CommittedCheckpoint> Spare(Experiment run) => [.. run.Checkpoints.Where(c => c != run.Best && c != run.Newest)];
}
