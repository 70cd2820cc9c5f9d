using System.Collections.Immutable;
using ActorTrainer.Core.Experiments;
using ActorTrainer.Core.Experiments.Placement;
using Akka.Actor;

namespace ActorTrainer.Actors.Experiments;

/// <summary>
/// Between an experiment and whoever has the devices: the coordinator of a cluster, or the one process of <c>run</c>. Both live in one process, so
/// nothing of this crosses a wire.
/// </summary>
public static class CrewProtocol
{
    /// <summary>A place to train or evaluate at: one of its node's seats.</summary>
    /// <param name="Name">See <see cref="SeatName"/>; the same for as long as its process lives.</param>
    /// <param name="Node">Its <see cref="Nodes.NodeActor"/>.</param>
    public sealed record CrewNode(string Name, IActorRef Node)
    {
        /// <summary>Its number at the node.</summary>
        public int Seat => SeatName.Split(Name).Seat;
    }

    /// <summary>
    /// From <paramref name="Min"/> to <paramref name="Max"/> places to train at, all at once or none. Answered by <see cref="SeatsGranted"/>, when there are
    /// enough; asked again, the answer is what there is then.
    /// </summary>
    public sealed record RequestSeats(ExperimentName Experiment, int Min, int Max) : INoSerializationVerificationNeeded;

    /// <summary>These, and no others, are the experiment's from now on. Ones it had before and that are still there stay.</summary>
    public sealed record SeatsGranted(ImmutableArray<CrewNode> Nodes) : INoSerializationVerificationNeeded;

    /// <summary>There are more places than the experiment has, or a place wants to leave: ask again when it suits.</summary>
    public sealed record CrewChanged : INoSerializationVerificationNeeded;

    /// <summary>This place is gone, and its node with it.</summary>
    public sealed record CrewNodeLost(string Name) : INoSerializationVerificationNeeded;

    /// <summary>Where of these nodes an experiment that is being trained can be found again. Answered by <see cref="NodesFound"/>.</summary>
    public sealed record FindNodes(ExperimentName Experiment, ImmutableArray<string> Names) : INoSerializationVerificationNeeded;

    /// <summary>Those that are there; they are the experiment's again.</summary>
    public sealed record NodesFound(ImmutableArray<CrewNode> Nodes) : INoSerializationVerificationNeeded;

    /// <summary>To the crew: this seat did not do. Not to be granted to this experiment again until it shows life.</summary>
    public sealed record SeatFailed(ExperimentName Experiment, string Name, string Reason) : INoSerializationVerificationNeeded;

    /// <summary>A node that can evaluate. Answered by <see cref="EvaluatorFound"/> when there is one.</summary>
    public sealed record RequestEvaluator(ExperimentName Experiment) : INoSerializationVerificationNeeded;

    public sealed record EvaluatorFound(CrewNode Node) : INoSerializationVerificationNeeded;

    /// <summary>The experiment needs its seats no more; it may still evaluate.</summary>
    public sealed record ReleaseSeats(ExperimentName Experiment) : INoSerializationVerificationNeeded;
}
