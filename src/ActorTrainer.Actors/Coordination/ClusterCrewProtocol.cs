using System.Collections.Immutable;
using ActorTrainer.Core.Experiments;
using Akka.Actor;

namespace ActorTrainer.Actors.Coordination;

/// <summary>
/// What the <see cref="ClusterCrewActor"/> understands of its coordinator, besides <see cref="Experiments.CrewProtocol"/>. It hands on to a node what is
/// asked of any: <see cref="Nodes.NodeProtocol.ResolveExperiment"/>. Nothing of this crosses a wire.
/// </summary>
public static class ClusterCrewProtocol
{
    /// <summary>This experiment will ask for seats.</summary>
    /// <param name="Min">Trainers at least, <paramref name="Max"/> at most.</param>
    public sealed record Enrol(ExperimentName Experiment, int Min, int Max, int Priority) : INoSerializationVerificationNeeded;

    /// <summary>This experiment is over, or another coordinator's. What it had is free.</summary>
    public sealed record Dismiss(ExperimentName Experiment) : INoSerializationVerificationNeeded;

    /// <summary>Answered by <see cref="CoordinatorProtocol.ClusterDescribed"/>.</summary>
    /// <param name="Experiments">Those under way.</param>
    public sealed record DescribeCrew(ImmutableArray<ExperimentName> Experiments) : INoSerializationVerificationNeeded;
}
