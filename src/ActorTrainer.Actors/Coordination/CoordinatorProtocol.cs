using System.Collections.Immutable;
using ActorTrainer.Actors.Serialization;
using ActorTrainer.Core.Experiments;

namespace ActorTrainer.Actors.Coordination;

/// <summary>What the <see cref="CoordinatorActor"/> understands, from a gateway or a node, wherever it is.</summary>
public static class CoordinatorProtocol
{
    /// <summary>Train this. Answered by <see cref="Accepted"/> or <see cref="Rejected"/>. Submitted again, a run goes on.</summary>
    /// <param name="Configuration">The effective configuration, all paths resolved.</param>
    public sealed record SubmitExperiment(string Configuration, int Priority, bool AcceptMachine) : IWireMessage;

    public enum Wish { Pause, Resume, Cancel, Remove }

    /// <summary>Answered by <see cref="Accepted"/> or <see cref="Rejected"/>; that it has happened shows in the journal.</summary>
    public sealed record ControlExperiment(ExperimentName Experiment, Wish Wish) : IWireMessage;

    /// <param name="Notices">For a person.</param>
    public sealed record Accepted(ExperimentName Experiment, ImmutableArray<string> Notices) : IWireMessage;

    /// <param name="Conflict">It is another experiment of the same name, or the state does not allow it; else the request itself can't be met.</param>
    public sealed record Rejected(string Reason, bool Conflict) : IWireMessage;

    /// <summary>Remove what is in nobody's way any more: see <see cref="IExperimentDesk.Prune"/>. Answered by <see cref="Pruned"/> or <see cref="Rejected"/>.</summary>
    /// <param name="Apply">False: only say what would go.</param>
    public sealed record PruneRuns(bool Apply) : IWireMessage;

    public sealed record Pruned(ImmutableArray<PrunedItem> Items) : IWireMessage;

    /// <param name="What">For a person.</param>
    public sealed record PrunedItem(string What, long Bytes);

    /// <summary>Answered by <see cref="ClusterDescribed"/>.</summary>
    public sealed record DescribeCluster : IWireMessage;

    public sealed record ClusterDescribed(ImmutableArray<ClusterNode> Nodes, ImmutableArray<ExperimentName> Experiments) : IWireMessage;

    /// <param name="State"><c>up</c>, <c>leaving</c>, <c>unreachable</c> or <c>silent</c>.</param>
    /// <param name="Trains">The experiment that it trains for.</param>
    public sealed record ClusterNode(string Name, ImmutableArray<string> Roles, string State, string? Device, ExperimentName? Trains);

    /// <summary>A node wants to go: its shards are handed over first. Said again until answered by <see cref="NodeMayLeave"/>.</summary>
    public sealed record LeaveNode(string Name) : IWireMessage;

    public sealed record NodeMayLeave(string Name) : IWireMessage;
}
