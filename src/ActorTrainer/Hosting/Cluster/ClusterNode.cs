using System.Collections.Immutable;
using ActorTrainer.Actors.Coordination;
using ActorTrainer.Actors.Hosting;
using ActorTrainer.Actors.Nodes;
using ActorTrainer.Api;
using ActorTrainer.Core.Data;
using ActorTrainer.Core.Training;
using ActorTrainer.Transport.Gradients;
using Akka.Actor;

namespace ActorTrainer.Hosting.Cluster;

/// <summary>
/// <c>node</c>: one process of a cluster, until it is told to stop. Where the cluster has decided against it (it was frozen, or on the smaller side of
/// a cut), its actor system ends and it joins anew; the process stays.
/// </summary>
internal sealed class ClusterNode(NodeSettings settings, Func<IDataReader> reader, Func<IEngine> engine, Action<string> say, TimeProvider time)
{
    /// <summary>For handing shards over: a step, a checkpoint, a new generation.</summary>
    private static readonly TimeSpan LeavePatience = TimeSpan.FromSeconds(60);

    private static readonly TimeSpan RejoinPause = TimeSpan.FromSeconds(1);

    public async Task RunAsync(CancellationToken cancel)
    {
        string logs = settings.Logs, node = settings.FileName;
        Directory.CreateDirectory(logs);
        var known = new KnownMembers(Path.Combine(logs, node + ".members"));
        using var door = Works ? new CollectiveListener(settings.Host, new CollectiveOptions(Tls: settings.Tls, Gpus: settings.Gpus), say) : null;
        var gateway = settings.Http is null ? null : new Gateway(settings, engine, say, time);
        if (gateway is not null) say($"HTTP on {await gateway.StartAsync(cancel).ConfigureAwait(false)}");
        if (gateway?.RpcAddress is { } rpc) say($"By gRPC on {rpc}");
        var start = new PatientStart(say, time);
        try
        {
            while (await start.StartAsync(() => Start(known), cancel).ConfigureAwait(false) is { } system)
            {
                await LiveAsync(system, door, gateway, node, known, cancel).ConfigureAwait(false);
                if (!cancel.IsCancellationRequested) await Task.Delay(RejoinPause, time, cancel).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
        finally
        {
            if (gateway is not null) await gateway.DisposeAsync().ConfigureAwait(false);
        }
    }

    private ActorSystem Start(KnownMembers known) => ActorTrainerSystem.StartNode(
        settings.Runs.Journal, settings.Log, new(settings.Host, settings.Port, settings.Roles, Seeds(known), settings.Discovery), settings.Akka,
        settings.Tls is { } tls ? NodeCertificates.ForRemoting(tls) : null);

    private bool Works => settings.Is(NodeRoles.Trainer) || settings.Is(NodeRoles.Evaluator);

    /// <summary>A coordinator that names nobody begins a cluster, unless one that it was in is still there.</summary>
    private ImmutableArray<string> Seeds(KnownMembers known) => settings.Discovery is not null ? [] :
        [.. (settings.Seeds.IsEmpty ? [$"{settings.Host}:{settings.Port}"] : settings.Seeds).Concat(known.Read()).Distinct()];

    private async Task LiveAsync(ActorSystem system, CollectiveListener? door, Gateway? gateway, string node, KnownMembers known, CancellationToken cancel)
    {
        if (door is not null)
        {
            var workplace = new NodeWorkplace(node, settings.Runs, new(settings.DataRoots), reader(), engine(), new PeerExchanges(door.Place, say), settings.Trainers, time);
            system.ActorOf(NodeActor.Props(workplace), NodeProtocol.ActorName);
        }

        if (settings.Is(NodeRoles.Coordinator)) Coordination.StartCoordinator(system, new ExperimentDesk(settings.Runs, time), time);
        var coordinator = Coordination.StartProxy(system);
        var membership = system.ActorOf(MembershipActor.Props(coordinator, say, known.Write), "membership");
        using var gone = new CancellationTokenSource();
        gateway?.Coordinator.Connect(coordinator, () => Coordination.StandingOf(system), gone.Token);
        var asked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var stop = cancel.Register(() => asked.TrySetResult());
        await Task.WhenAny(asked.Task, system.WhenTerminated).ConfigureAwait(false);
        if (!system.WhenTerminated.IsCompleted) await LeaveAsync(system, membership).ConfigureAwait(false);
        await gone.CancelAsync().ConfigureAwait(false);
        await system.Terminate().ConfigureAwait(false);
    }

    private async Task LeaveAsync(ActorSystem system, IActorRef membership)
    {
        say("Leaving: shards are handed over first.");
        var handedOver = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        membership.Tell(new MembershipActor.Leave(handedOver));
        await Task.WhenAny(handedOver.Task, system.WhenTerminated, Task.Delay(LeavePatience, time)).ConfigureAwait(false);
        if (!handedOver.Task.IsCompleted) say("Nobody took the shards over; they are taken from the last checkpoint.");
        await Task.WhenAny(Akka.Cluster.Cluster.Get(system).LeaveAsync(), Task.Delay(TimeSpan.FromSeconds(10), time)).ConfigureAwait(false);
    }
}
