using ActorTrainer.Core.Checkpoints;
using ActorTrainer.Core.Data;
using ActorTrainer.Core.Experiments;
using ActorTrainer.Core.Training;
using ActorTrainer.Journal;

namespace ActorTrainer.Hosting;

/// <summary>
/// <c>run --from NAME@STEP</c>: a new run that begins with the whole state of another's checkpoint (weights, optimizer, place in the plan), to extend it
/// by more epochs or phases, or to go on with other rates. The state is copied in as generation 0, so the new run needs the old one no more.
/// </summary>
internal static class Inheritance
{
    /// <summary>The state as it stands in the new plan. Throws <see cref="DataException"/> where the plans part before it.</summary>
    /// <param name="parent">For the lineage: which checkpoint, and the digest of its weights.</param>
    public static CheckpointContent Take(string from, RunsFolder runs, PreparedExperiment prepared, out string parent)
    {
        CheckpointReference reference;
        try
        {
            reference = CheckpointReference.Parse(from);
        }
        catch (FormatException e)
        {
            throw new DataException($"--from {from}: {e.Message}", e);
        }

        var chosen = new RunWeights(runs).Choose(reference.Name, reference.Choice ?? CheckpointChoice.Last)
            ?? throw new DataException($"--from {from}: there is no run '{reference.Name}' in {runs.Path}.");
        var (run, content) = (chosen.Run.Experiment, chosen.Content);
        RequireSamePast(from, run.Definition, prepared, content.State.Cursor);
        parent = $"{reference.Name}@{content.Id.Step} {Core.Models.StateDictDigest.Of(content.State.Weights)}";
        return content with
        {
            Id = new(Generation.None, content.Id.Step),
            ConfigurationHash = prepared.Definition.ConfigurationHash,
            State = content.State with { Cursor = InPlan(content.State.Cursor, run.Definition, prepared.Plan) },
        };
    }

    /// <summary>Where a phase has ended in the old plan and goes on in the new one, the cursor stands inside it.</summary>
    private static TrainingCursor InPlan(TrainingCursor cursor, ExperimentDefinition old, TrainingPlan plan)
    {
        int phase = Experiment.PhaseOf(cursor);
        if (phase == cursor.Phase) return cursor;
        long done = (long)old.Phases[phase].Epochs * old.Phases[phase].StepsPerEpoch;
        return plan.Phases[phase].Steps > done ? new(phase, done, cursor.Step, cursor.EpochsBefore - old.Phases[phase].Epochs) : cursor;
    }

    private static void RequireSamePast(string from, ExperimentDefinition old, PreparedExperiment prepared, TrainingCursor cursor)
    {
        int phases = Experiment.PhaseOf(cursor) + 1;
        for (int i = 0; i < phases; i++)
        {
            var (was, now) = (old.Phases[i], i < prepared.Definition.Phases.Length ? prepared.Definition.Phases[i] : null);
            if (now is null || was.StepsPerEpoch != now.StepsPerEpoch || !was.Classes.SequenceEqual(now.Classes) || now.Epochs < was.Epochs)
            {
                throw new DataException($"--from {from}: phase {i} ('{was.Name}') of this file does not contain what that checkpoint has trained " +
                    $"({was.Epochs} epochs of {was.StepsPerEpoch} steps, {was.Classes.Length} classes). To take its weights alone, set model.pretrained = \"run:{from}\".");
            }
        }
    }
}
