using System.Collections.Immutable;
using ActorTrainer.Core.Checkpoints;
using ActorTrainer.Core.Experiments;
using ActorTrainer.Core.Models;
using ActorTrainer.Core.Training;
using ActorTrainer.Journal;

namespace ActorTrainer.Hosting;

/// <summary>Weights of the runs in a runs folder, by what the journal counts.</summary>
public sealed class RunWeights(RunsFolder runs) : IWeightSource
{
    /// <summary>Checkpoints would have to be retired faster than they are read, so many times in a row.</summary>
    private const int Attempts = 10;

    private readonly RunJournal _journal = new(runs);

    /// <param name="selector">A step, <c>best</c> or <c>last</c>; null: the best.</param>
    public (ModelDescription Description, ImmutableArray<NamedTensor> Weights) OfRun(string name, string? selector)
    {
        try
        {
            var reference = CheckpointReference.Parse(selector is null ? name : $"{name}@{selector}");
            var chosen = Choose(reference.Name, reference.Choice ?? CheckpointChoice.Best)
                ?? throw new EngineException($"The weights of run '{name}' are asked for, and {runs.Path} has no such run.");
            return (chosen.Content.Model, chosen.Content.State.Weights);
        }
        catch (Exception e) when (e is FormatException or CheckpointNotFoundException)
        {
            throw new EngineException(e.Message, e);
        }
    }

    /// <summary>
    /// The checkpoint chosen, read; null where there is no such run. A process that trains may retire it between the look at the journal and the
    /// reading: then the choice is made anew.
    /// </summary>
    public ChosenCheckpoint? Choose(ExperimentName name, CheckpointChoice choice)
    {
        for (int attempt = 1; _journal.Load(name) is { } run; attempt++)
        {
            var checkpoint = choice.Of(run);
            try
            {
                return new(new(name, run), checkpoint, runs.StoreOf(name, run.Definition).Read(checkpoint.Id));
            }
            catch (CheckpointDamagedException) when (attempt < Attempts && IsRetired(name, checkpoint.Id))
            {
            }
        }

        return null;
    }

    private bool IsRetired(ExperimentName name, CheckpointId checkpoint) => _journal.Load(name)?.Checkpoints.All(committed => committed.Id != checkpoint) != false;
}

/// <summary>A checkpoint with what stands in it, and the run it is of as it was then.</summary>
public sealed record ChosenCheckpoint(RunEntry Run, CommittedCheckpoint Committed, CheckpointContent Content);
