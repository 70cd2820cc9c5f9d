using System.Diagnostics;
using ActorTrainer.Actors.Coordination;
using Akka.Actor;
using Akka.Cluster;
using Akka.Configuration;
using Akka.Remote;
using static ActorTrainer.Actors.Coordination.Coordination;

namespace ActorTrainer.Actors.Tests.Coordination;

/// <summary>A cluster of this process, whose actor systems are its nodes.</summary>
public sealed class ClusterStandingSpec : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private readonly ActorSystem _coordinator = Start(NodeRoles.Coordinator), _trainer = Start(NodeRoles.Trainer);

    public void Dispose()
    {
        foreach (var system in new[] { _coordinator, _trainer }) system.Terminate().Wait(TimeSpan.FromSeconds(10));
    }

    [Fact]
    public async Task A_node_knows_whether_it_is_in_and_whether_a_coordinator_is_in_reach()
    {
        Assert.Equal(ClusterStanding.Outside, StandingOf(_trainer));
        Cluster.Get(_coordinator).Join(Cluster.Get(_coordinator).SelfAddress);
        Cluster.Get(_trainer).Join(Cluster.Get(_coordinator).SelfAddress);
        await UntilAsync(ClusterStanding.In, _coordinator);
        await UntilAsync(ClusterStanding.In, _trainer);

        await ((IRemoteActorRefProvider)((ExtendedActorSystem)_coordinator).Provider).Transport.Shutdown();
        await UntilAsync(ClusterStanding.WithoutCoordinator, _trainer);
        Assert.Equal(ClusterStanding.In, StandingOf(_coordinator));        // it is one itself

        await _trainer.Terminate();
        Assert.Equal(ClusterStanding.Outside, StandingOf(_trainer));
    }

    private static ActorSystem Start(string role) => ActorSystem.Create("cluster", ConfigurationFactory.ParseString($$"""
        akka {
          loglevel = OFF
          stdout-loglevel = OFF
          actor.provider = cluster
          remote.dot-netty.tcp { hostname = 127.0.0.1, port = 0 }
          cluster {
            roles = [{{role}}]
            downing-provider-class = "Akka.Cluster.NoDowning, Akka.Cluster"
            failure-detector { heartbeat-interval = 200 ms, acceptable-heartbeat-pause = 1 s, expected-response-after = 200 ms }
          }
        }
        """));

    private static async Task UntilAsync(ClusterStanding expected, ActorSystem system)
    {
        var clock = Stopwatch.StartNew();
        while (StandingOf(system) != expected)
        {
            Assert.True(clock.Elapsed < Patience, $"{StandingOf(system)} instead of {expected}");
            await Task.Delay(50);
        }
    }
}
