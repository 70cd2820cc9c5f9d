using System.Collections.Concurrent;
using System.Diagnostics;
using ActorTrainer.Actors.Nodes;
using Akka.Actor;
using Akka.Cluster;
using Akka.Configuration;
using Akka.Remote;

namespace ActorTrainer.Actors.Tests.Nodes;

/// <summary>Clusters of this process, whose actor systems are their nodes.</summary>
public sealed class MembershipActorSpec : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private readonly ConcurrentQueue<string> _said = [];
    private readonly List<ActorSystem> _systems = [];

    [Fact]
    public async Task A_node_that_is_known_and_not_taken_in_joins_anew()
    {
        var first = Start("downing-provider-class = \"Akka.Cluster.NoDowning, Akka.Cluster\"");
        Join(first, first);
        await UntilAsync(() => Cluster.Get(first).SelfMember.Status == MemberStatus.Up);

        // One that is gone without a word, and that nobody declares dead, keeps the cluster from taking anybody in.
        var gone = Start();
        Join(gone, first);
        await UntilAsync(() => Cluster.Get(first).State.Members.Count == 2 && Cluster.Get(gone).SelfMember.Status == MemberStatus.Up);
        await ((IRemoteActorRefProvider)((ExtendedActorSystem)gone).Provider).Transport.Shutdown();
        await UntilAsync(() => !Cluster.Get(first).State.Unreachable.IsEmpty);

        var outside = Start();
        Watch(outside, TimeSpan.FromSeconds(3));
        Join(outside, first);
        await outside.WhenTerminated.WaitAsync(Patience);
        Assert.Contains("The cluster does not take this node in; joining anew.", _said);
    }

    [Fact]
    public async Task One_that_is_in_stays_until_it_is_shut_out()
    {
        var first = Start();
        Join(first, first);
        var second = Start();
        Watch(second, TimeSpan.FromSeconds(3));
        Join(second, first);
        await UntilAsync(() => _said.Any(line => line.StartsWith("In the cluster as", StringComparison.Ordinal)));
        await Task.Delay(TimeSpan.FromSeconds(4));
        Assert.False(second.WhenTerminated.IsCompleted);

        var shut = new ThisActorSystemQuarantinedEvent(Cluster.Get(second).SelfAddress, Cluster.Get(first).SelfAddress);
        foreach (var said in Enumerable.Repeat(shut, 5)) second.EventStream.Publish(said);
        await second.WhenTerminated.WaitAsync(Patience);
        Assert.Single(_said, line => line == "The cluster has shut this node out; joining anew.");
    }

    public void Dispose()
    {
        foreach (var system in _systems) system.Terminate().Wait(TimeSpan.FromSeconds(10));
    }

    private ActorSystem Start(string cluster = "")
    {
        var system = ActorSystem.Create("cluster", ConfigurationFactory.ParseString($$"""
            akka {
              loglevel = OFF
              stdout-loglevel = OFF
              actor.provider = cluster
              remote.dot-netty.tcp { hostname = 127.0.0.1, port = 0 }
              cluster {
                allow-weakly-up-members = off
                failure-detector { heartbeat-interval = 200 ms, acceptable-heartbeat-pause = 1 s, expected-response-after = 200 ms }
                {{cluster}}
              }
            }
            """));
        _systems.Add(system);
        return system;
    }

    private void Watch(ActorSystem system, TimeSpan atTheDoor) => system.ActorOf(MembershipActor.Props(ActorRefs.Nobody, _said.Enqueue, _ => { }, atTheDoor));

    private static void Join(ActorSystem system, ActorSystem first) => Cluster.Get(system).Join(Cluster.Get(first).SelfAddress);

    private static async Task UntilAsync(Func<bool> condition)
    {
        var clock = Stopwatch.StartNew();
        while (!condition())
        {
            Assert.True(clock.Elapsed < Patience);
            await Task.Delay(50);
        }
    }
}
