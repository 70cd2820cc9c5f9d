using System.Collections.Immutable;
using ActorTrainer.Actors.Nodes;
using ActorTrainer.Core.Experiments;
using ActorTrainer.Core.Experiments.Placement;
using Akka.Actor;
using Akka.Cluster;
using Akka.Event;
using static ActorTrainer.Actors.Coordination.ClusterCrewProtocol;
using static ActorTrainer.Actors.Coordination.CoordinatorProtocol;
using static ActorTrainer.Actors.Experiments.CrewProtocol;

namespace ActorTrainer.Actors.Coordination;

/// <summary>
/// The crew of a cluster: knows which nodes there are and what they can do, and hands their seats to experiments as <see cref="DevicePool"/> decides.
/// A child of the coordinator; nothing of it is journalled, since the members say again who they are, and trainers where they train.
/// <code>
///   cluster     --member up, removed--> [ roster ] --Join, Remove--> pool
///   experiment  --RequestSeats, FindNodes--> pool --SeatsGranted, CrewChanged, CrewNodeLost--> experiment
///   node        --LeaveNode--> pool --(its seats are handed over)--> NodeMayLeave
/// </code>
/// </summary>
public sealed class ClusterCrewActor : UntypedActor, IWithTimers
{
    private static readonly TimeSpan Beat = TimeSpan.FromSeconds(1), FindPatience = TimeSpan.FromSeconds(3), FindAgain = TimeSpan.FromMilliseconds(200);

    /// <summary>Nodes often come several at a time: an experiment is told once.</summary>
    private static readonly TimeSpan GrowAfter = TimeSpan.FromSeconds(2);

    private readonly Cluster _cluster = Cluster.Get(Context.System);
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly Dictionary<string, Known> _nodes = [];
    private readonly Dictionary<ExperimentName, Client> _clients = [];
    private readonly List<IActorRef> _evaluatorsWanted = [];
    private readonly Dictionary<string, IActorRef> _leaving = [];
    private DevicePool _pool = DevicePool.Empty;

    public static Props Props() => Akka.Actor.Props.Create(() => new ClusterCrewActor());

    public ITimerScheduler Timers { get; set; } = null!;

    protected override void PreStart()
    {
        _cluster.Subscribe(Self, ClusterEvent.InitialStateAsEvents, typeof(ClusterEvent.IMemberEvent), typeof(ClusterEvent.IReachabilityEvent));
        Timers.StartPeriodicTimer("beat", Tick.Instance, Beat);
    }

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case ClusterEvent.MemberUp up: OnUp(up.Member); break;
            case ClusterEvent.MemberRemoved removed: OnGone(removed.Member); break;
            case ClusterEvent.MemberDowned downed: OnGone(downed.Member); break;
            case ClusterEvent.UnreachableMember unreachable: OnReachability(unreachable.Member, false); break;
            case ClusterEvent.ReachableMember reachable: OnReachability(reachable.Member, true); break;
            case ClusterEvent.IClusterDomainEvent: break;
            case NodeFound found: OnFound(found); break;
            case NodeProtocol.NodeDescribed described: OnDescribed(described); break;
            case NodeProtocol.ResolveExperiment resolve: OnResolve(resolve); break;
            case LeaveNode leave: OnLeave(leave.Name); break;
            case DescribeCrew describe: Sender.Tell(Describe(describe.Experiments)); break;
            case Tick: OnTick(); break;
            case Grow: foreach (var name in _pool.WouldGain) _clients.GetValueOrDefault(name)?.Actor?.Tell(new CrewChanged()); break;

            case Enrol enrol: _clients[enrol.Experiment] = new(enrol); break;
            case Dismiss dismiss: OnDismissed(dismiss.Experiment); break;
            case RequestSeats request: OnSeats(request); break;
            case FindNodes find: OnFind(find); break;
            case SeatFailed failed: _pool = _pool.Doubt(failed.Experiment, failed.Name); break;
            case ReleaseSeats release: Release(release.Experiment); break;
            case RequestEvaluator: _evaluatorsWanted.Add(Sender); GiveEvaluators(); break;
            default: Unhandled(message); break;
        }
    }

    // Nodes

    private void OnUp(Member member)
    {
        string name = NodeRoles.NameOf(member.UniqueAddress);
        if (_nodes.ContainsKey(name)) return;
        _nodes[name] = new(name, member);
        Find(_nodes[name]);
    }

    private void Find(Known node)
    {
        Context.ActorSelection(new RootActorPath(node.Member.Address) / "user" / NodeProtocol.ActorName).ResolveOne(FindPatience)
            .PipeTo(Self, success: actor => new NodeFound(node.Name, actor), failure: _ => new NodeFound(node.Name, null));
    }

    private void OnFound(NodeFound found)
    {
        if (!_nodes.TryGetValue(found.Name, out var node)) return;
        if (found.Actor is null)
        {
            // A gateway or a coordinator alone has no such actor.
            if (node.Works) Find(node);
            return;
        }

        node.Actor = found.Actor;
        node.Actor.Tell(new NodeProtocol.DescribeNode());
    }

    private void OnGone(Member member)
    {
        string name = NodeRoles.NameOf(member.UniqueAddress);
        if (!_nodes.Remove(name)) return;
        _log.Info("{Node} is gone", name);
        foreach (string seat in _pool.SeatsOf(name))
        {
            foreach (var client in _clients.Values) client.Actor?.Tell(new CrewNodeLost(seat));
        }

        _pool = _pool.Remove(name);
        _leaving.Remove(name);
        Allocate();
    }

    private void OnReachability(Member member, bool reachable)
    {
        if (_nodes.TryGetValue(NodeRoles.NameOf(member.UniqueAddress), out var node)) node.Reachable = reachable;
    }

    private void OnDescribed(NodeProtocol.NodeDescribed described)
    {
        if (_nodes.Values.FirstOrDefault(node => Equals(node.Actor, Sender)) is not { } node) return;
        node.Device = described.Device;
        if (!_pool.Nodes.ContainsKey(node.Name))
        {
            _pool = _pool.Join(new(node.Name, node.Member.HasRole(NodeRoles.Trainer), node.Member.HasRole(NodeRoles.Evaluator), Math.Max(1, described.Seats)));
            _log.Info("{Node} is here, with {Seats} seats", node.Name, described.Seats);
            Allocate();
            return;
        }

        if (!_pool.InDoubt.Contains(node.Name)) return;
        _pool = _pool.Trust(node.Name);
        Allocate();
    }

    /// <summary>Any node that works can look at an experiment.</summary>
    private void OnResolve(NodeProtocol.ResolveExperiment resolve)
    {
        if (_nodes.Values.FirstOrDefault(node => node.Actor is not null && node.Reachable && node.Works) is { Actor: { } node }) node.Forward(resolve);
        else Sender.Tell(new NodeProtocol.ExperimentUnresolved("The cluster has no node that trains or evaluates yet: start one with 'actortrainer node --roles trainer --seed HOST:PORT'."));
    }

    /// <summary>Its shards are handed over first; it asks until it may.</summary>
    private void OnLeave(string name)
    {
        _leaving[name] = Sender;
        _pool = _pool.Leave(name);
        if (_pool.HoldsAnyOf(name)) Allocate();
        else Sender.Tell(new NodeMayLeave(name));
    }

    private void OnTick()
    {
        foreach (var unsure in _nodes.Values.Where(node => _pool.InDoubt.Contains(node.Name) || !_pool.Nodes.ContainsKey(node.Name))) unsure.Actor?.Tell(new NodeProtocol.DescribeNode());
        GiveEvaluators();
    }

    // Seats

    private void OnSeats(RequestSeats request)
    {
        if (!_clients.TryGetValue(request.Experiment, out var client)) return;     // over by now
        client.Actor = Sender;
        _pool = _pool.Request(request.Experiment, request.Min, request.Max, client.Enrolled.Priority);
        Allocate();
    }

    private void OnFind(FindNodes find)
    {
        if (!_clients.TryGetValue(find.Experiment, out var client)) return;
        client.Actor = Sender;
        // A coordinator that has just taken over knows the members before it has found their seats.
        if (find.Names.Any(seat => SeatName.NodeOf(seat) is var name && _nodes.ContainsKey(name) && !_pool.Nodes.ContainsKey(name)))
        {
            Context.System.Scheduler.ScheduleTellOnce(FindAgain, Self, find, Sender);
            return;
        }

        ImmutableArray<CrewNode> found = [.. find.Names.Where(seat => _pool.SeatsOf(SeatName.NodeOf(seat)).Contains(seat)).Select(CrewNodeOf)];
        var (_, min, max, priority) = client.Enrolled;
        _pool = _pool.Adopt(find.Experiment, [.. found.Select(node => node.Name)], min, max, priority);
        Sender.Tell(new NodesFound(found));
    }

    private void OnDismissed(ExperimentName experiment)
    {
        _clients.Remove(experiment);
        Release(experiment);
    }

    private void Release(ExperimentName experiment)
    {
        _pool = _pool.Release(experiment);
        Allocate();
    }

    private void Allocate()
    {
        (_pool, var grants) = _pool.Allocate();
        foreach (var grant in grants)
            _clients.GetValueOrDefault(grant.Experiment)?.Actor?.Tell(new SeatsGranted([.. grant.Seats.Select(CrewNodeOf)]));
        foreach (var (name, asker) in _leaving.Where(leaving => !_pool.HoldsAnyOf(leaving.Key))) asker.Tell(new NodeMayLeave(name));
        if (!_pool.WouldGain.IsEmpty) Timers.StartSingleTimer("grow", Grow.Instance, _pool.Leaving.IsEmpty ? GrowAfter : TimeSpan.Zero);
        GiveEvaluators();
    }

    private CrewNode CrewNodeOf(string seat) => new(seat, _nodes[SeatName.NodeOf(seat)].Actor!);

    private void GiveEvaluators()
    {
        if (_evaluatorsWanted.Count == 0 || _pool.Evaluator() is not { } name || _nodes[name].Actor is not { } actor) return;
        foreach (var asker in _evaluatorsWanted) asker.Tell(new EvaluatorFound(new(name, actor)));
        _evaluatorsWanted.Clear();
    }

    private ClusterDescribed Describe(ImmutableArray<ExperimentName> experiments) => new(
        [
            .. _nodes.Values.OrderBy(node => node.Name, StringComparer.Ordinal).Select(node => new ClusterNode(node.Name, [.. node.Member.Roles.Order()],
                !node.Reachable ? "unreachable" : _pool.Leaving.Contains(node.Name) ? "leaving" : _pool.InDoubt.Contains(node.Name) ? "silent" : "up", node.Device,
                _pool.Held.Where(held => held.Value.Any(seat => SeatName.NodeOf(seat) == node.Name)).Select(held => (ExperimentName?)held.Key).FirstOrDefault())),
        ],
        experiments);

    protected override void PostStop() => _cluster.Unsubscribe(Self);

    private sealed class Client(Enrol enrolled)
    {
        public Enrol Enrolled => enrolled;

        /// <summary>Whoever asked last for it: one that was started again asks anew.</summary>
        public IActorRef? Actor { get; set; }
    }

    private sealed class Known(string name, Member member)
    {
        public string Name => name;
        public Member Member => member;
        public IActorRef? Actor { get; set; }
        public bool Reachable { get; set; } = true;
        public string? Device { get; set; }
        public bool Works => member.HasRole(NodeRoles.Trainer) || member.HasRole(NodeRoles.Evaluator);
    }

    private sealed record NodeFound(string Name, IActorRef? Actor) : INoSerializationVerificationNeeded;

    private sealed record Tick : INoSerializationVerificationNeeded
    {
        public static Tick Instance { get; } = new();
    }

    private sealed record Grow : INoSerializationVerificationNeeded
    {
        public static Grow Instance { get; } = new();
    }
}
