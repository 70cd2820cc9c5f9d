using System.Collections.Immutable;
using ActorTrainer.Core.Experiments;

namespace ActorTrainer.Core.Checkpoints;

/// <summary>What recovery finds on disk, held against the journal.</summary>
/// <param name="Lost">Committed and newer than any intact one, but missing or damaged.</param>
/// <param name="Adoptable">Complete, of the newest generation, and not yet in the journal: the process died between rename and commit.</param>
/// <param name="Garbage">Folders that count for nothing: retired, of older generations, damaged. Never one of a newer generation than the journal's, as whoever
/// surveys knew it: another has taken over since, and it is that one's.</param>
public sealed record CheckpointSurvey(
    ImmutableArray<(CheckpointId Id, string Problem)> Lost, ImmutableArray<(StoredCheckpoint Stored, Training.TrainingCursor Cursor)> Adoptable,
    ImmutableArray<CheckpointId> Garbage)
{
    /// <summary>Of the garbage those that nobody committed, and that would have been adopted if they were whole.</summary>
    public ImmutableArray<(CheckpointId Id, string Problem)> Damaged { get; init; } = [];

    /// <summary>Verifies from the newest down to the first that is intact. It only looks: one that was overtaken does no harm.</summary>
    public static CheckpointSurvey Of(ICheckpointStore store, Experiment experiment)
    {
        var present = store.List();
        var lost = ImmutableArray.CreateBuilder<(CheckpointId, string)>();
        StepNumber intact = StepNumber.Zero;
        foreach (var committed in experiment.Checkpoints.Reverse())
        {
            string? problem = "it is missing";
            var stored = present.Contains(committed.Id) ? store.Verify(committed.Id, out problem) : null;
            if (stored is not null && stored.Sha256 == committed.Sha256)
            {
                intact = committed.Id.Step;
                break;
            }

            lost.Add((committed.Id, problem ?? "it is not the one that was committed"));
        }

        var damaged = ImmutableArray.CreateBuilder<(CheckpointId, string)>();
        var adoptable = ImmutableArray.CreateBuilder<(StoredCheckpoint, Training.TrainingCursor)>();
        foreach (var id in present.Where(id => id.Generation == experiment.Generation && id.Step > intact && experiment.Checkpoints.All(c => c.Id != id)))
        {
            if (store.Verify(id, out string? problem) is { } stored) adoptable.Add((stored, store.Read(id).State.Cursor));
            else damaged.Add((id, problem ?? "it can't be read"));
        }

        var lostIds = lost.Select(l => l.Item1).ToHashSet();
        var counted = experiment.Checkpoints.Select(c => c.Id).Where(id => !lostIds.Contains(id)).Concat(adoptable.Select(a => a.Item1.Id)).ToHashSet();
        return new(lost.ToImmutable(), adoptable.ToImmutable(), [.. present.Where(id => id.Generation <= experiment.Generation && !counted.Contains(id))]) { Damaged = damaged.ToImmutable() };
    }
}
