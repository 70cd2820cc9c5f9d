using System.Collections.Immutable;
using ActorTrainer.Core.Checkpoints;
using ActorTrainer.Core.Experiments;
using ActorTrainer.Core.Models;
using ActorTrainer.Core.Training;
using ActorTrainer.Journal;
using ActorTrainer.Transport.Checkpoints;

namespace ActorTrainer.Hosting;

/// <summary>Weights of the runs in a runs folder, by what the journal counts.</summary>
public sealed class RunWeights(RunsFolder runs) : IWeightSource
{
    private readonly RunJournal _journal = new(runs);

    /// <param name="selector">A step, <c>best</c> or <c>last</c>; null: the best.</param>
    public (ModelDescription Description, ImmutableArray<NamedTensor> Weights) OfRun(string name, string? selector)
    {
        try
        {
            var reference = CheckpointReference.Parse(selector is null ? name : $"{name}@{selector}");
            var run = _journal.Load(reference.Name) ?? throw new EngineException($"The weights of run '{name}' are asked for, and {runs.Path} has no such run.");
            var content = Read(reference.Name, (reference.Choice ?? CheckpointChoice.Best).Of(run).Id);
            return (content.Model, content.State.Weights);
        }
        catch (Exception e) when (e is FormatException or CheckpointNotFoundException)
        {
            throw new EngineException(e.Message, e);
        }
    }

    /// <summary>Throws <see cref="CheckpointDamagedException"/> where the files are not what was committed.</summary>
    public CheckpointContent Read(ExperimentName name, CheckpointId checkpoint) => new FolderCheckpointStore(runs[name].CheckpointFolder).Read(checkpoint);
}
