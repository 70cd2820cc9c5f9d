using System.Collections.Immutable;
using ActorTrainer.Actors.Evaluation;
using ActorTrainer.Actors.Training;
using ActorTrainer.Core.Experiments;

namespace ActorTrainer.Actors.Nodes;

/// <summary>Makes an experiment ready to be worked on at this node: data opened and compared, model, device, stores. Implemented by the program.</summary>
public interface IWorkplace
{
    /// <summary>
    /// Throws <see cref="Core.Data.DataException"/> or <see cref="Core.Training.EngineException"/> where this node's data or numbers are not those of the
    /// definition. The caller disposes what it is given.
    /// </summary>
    Task<ExperimentWork> PrepareAsync(ExperimentDefinition definition, CancellationToken cancel);

    /// <summary>From a configuration to what it is here; throws as <see cref="PrepareAsync"/> does.</summary>
    Task<NodeProtocol.ExperimentResolved> ResolveAsync(NodeProtocol.ResolveExperiment question, CancellationToken cancel);

    /// <summary>The devices, for a person.</summary>
    string Device { get; }

    /// <summary>How many trainers can work here side by side: one a device.</summary>
    int Seats => 1;
}

/// <summary>What a node's trainers and evaluator of an experiment are given.</summary>
/// <param name="Trainers">One a seat, each with its device; the evaluator shares the first one's.</param>
/// <param name="Owned">Disposed when the experiment has left the node.</param>
public sealed record ExperimentWork(ImmutableArray<TrainerParts> Trainers, EvaluatorParts Evaluator, IDisposable? Owned = null) : IDisposable
{
    public void Dispose() => Owned?.Dispose();
}

/// <summary>For a process that has prepared its one experiment already.</summary>
public sealed class PreparedWorkplace(ExperimentWork work) : IWorkplace
{
    public Task<ExperimentWork> PrepareAsync(ExperimentDefinition definition, CancellationToken cancel) => Task.FromResult(work);

    public Task<NodeProtocol.ExperimentResolved> ResolveAsync(NodeProtocol.ResolveExperiment question, CancellationToken cancel) =>
        throw new InvalidOperationException("This process has its one experiment.");

    public string Device => work.Evaluator.Device.ToString();

    public int Seats => work.Trainers.Length;
}
