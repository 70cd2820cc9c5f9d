using Akka.Actor;
using Akka.Cluster;
using Akka.Cluster.Tools.Singleton;
using Akka.Pattern;

namespace ActorTrainer.Actors.Coordination;

/// <summary>The coordinator as a cluster singleton, and the way to it from any node.</summary>
public static class Coordination
{
    private const string ManagerName = "coordination";

    /// <summary>On nodes of the coordinator's role: one of them runs it. Where its journal fails it, it begins again after a pause.</summary>
    public static IActorRef StartCoordinator(ActorSystem system, IExperimentDesk desk, TimeProvider time)
    {
        var backoff = BackoffSupervisor.Props(Backoff.OnStop(CoordinatorActor.Props(desk, time), "actor", TimeSpan.FromMilliseconds(500), TimeSpan.FromSeconds(5), 0.1, -1));
        return system.ActorOf(ClusterSingletonManager.Props(backoff, PoisonPill.Instance, ClusterSingletonManagerSettings.Create(system)), ManagerName);
    }

    /// <summary>By what gossip has told this node: it asks nobody, and may be called by any thread.</summary>
    public static ClusterStanding StandingOf(ActorSystem system)
    {
        var cluster = Cluster.Get(system);
        if (cluster.IsTerminated || system.WhenTerminated.IsCompleted || cluster.SelfMember.Status != MemberStatus.Up) return ClusterStanding.Outside;
        var state = cluster.State;
        return state.Members.Any(member => member.Status == MemberStatus.Up && member.HasRole(NodeRoles.Coordinator) && !state.Unreachable.Contains(member))
            ? ClusterStanding.In : ClusterStanding.WithoutCoordinator;
    }

    /// <summary>Hands messages to the coordinator, wherever it is; keeps them while there is none.</summary>
    public static IActorRef StartProxy(ActorSystem system) =>
        system.ActorOf(ClusterSingletonProxy.Props($"/user/{ManagerName}", ClusterSingletonProxySettings.Create(system)), "coordinator-proxy");
}
