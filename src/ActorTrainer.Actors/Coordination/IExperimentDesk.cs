using System.Collections.Immutable;
using ActorTrainer.Actors.Experiments;
using ActorTrainer.Core.Experiments;
using Akka.Actor;

namespace ActorTrainer.Actors.Coordination;

/// <summary>What the coordinator needs of the disk and the journal. Implemented by the program.</summary>
public interface IExperimentDesk
{
    /// <summary>The journal's state of a run of this name; null: there is none.</summary>
    Experiment? Earlier(ExperimentName name);

    /// <summary>Name of the experiment in a configuration; throws <see cref="FormatException"/> with every problem, for a person.</summary>
    ExperimentName NameOf(string configuration);

    /// <summary>Why the resolved one can't go on where the earlier one stands; null: it can.</summary>
    string? ConflictWith(ExperimentDefinition earlier, ExperimentDefinition resolved, bool acceptMachine);

    /// <summary>With what a run keeps from its first start on: its lineage, and where its checkpoints are.</summary>
    ExperimentDefinition Settle(ExperimentDefinition resolved, ExperimentDefinition? earlier);

    /// <summary>Journals that a run which nobody trains is given up. Why it can't be; null: it is.</summary>
    string? GiveUp(ExperimentName name);

    /// <summary>Removes a run that nobody trains, with everything in it. Why it can't be; null: it is gone.</summary>
    string? Remove(ExperimentName name);

    /// <summary>Says what can go of the runs that nobody trains, and lets it go where that is wished.</summary>
    /// <param name="busy">Runs that are left alone.</param>
    ImmutableArray<CoordinatorProtocol.PrunedItem> Prune(bool apply, IReadOnlySet<ExperimentName> busy);

    /// <summary>Opens its folder and files. The coordinator disposes what it is given when the experiment has ended.</summary>
    OpenedExperiment Open(ExperimentDefinition definition, IActorRef crew);
}

/// <summary>An experiment whose actor can be started, any number of times.</summary>
public sealed record OpenedExperiment(ExperimentParts Parts, IDisposable Owned);
