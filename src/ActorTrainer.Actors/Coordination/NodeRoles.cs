using Akka.Cluster;

namespace ActorTrainer.Actors.Coordination;

/// <summary>What a node does in a cluster, as its members say it of themselves, and what it is called.</summary>
public static class NodeRoles
{
    public const string Coordinator = "coordinator", Trainer = "trainer", Evaluator = "evaluator", Gateway = "gateway";

    /// <summary>As nodes are called everywhere: address, and which of the processes that had it.</summary>
    public static string NameOf(UniqueAddress node) => $"{node.Address.Host}:{node.Address.Port}~{node.Uid}";
}
