using ActorTrainer.Actors.Coordination;
using Akka.Actor;
using Akka.Cluster;
using Akka.Event;
using Akka.Remote;

namespace ActorTrainer.Actors.Nodes;

/// <summary>
/// Watches this node's place in the cluster: says when it is in, hands its shards over when it wants out, and ends the actor system, so that the node joins
/// anew, where it has no place: the cluster has lost its last coordinator (one that began again alone is another cluster), has shut this node out, or knows
/// it and does not take it in.
/// </summary>
public sealed class MembershipActor : UntypedActor, IWithTimers
{
    /// <summary>Longer than it takes to notice that a coordinator is dead and to hand its place over.</summary>
    private static readonly TimeSpan WithoutCoordinator = TimeSpan.FromSeconds(15);

    /// <summary>Longer than members that are gone at that moment keep a cluster from taking another in. See <see cref="Props"/>.</summary>
    private static readonly TimeSpan AtTheDoor = TimeSpan.FromSeconds(20);

    private readonly Cluster _cluster = Cluster.Get(Context.System);
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly HashSet<UniqueAddress> _coordinators = [];
    private readonly HashSet<Address> _members = [];
    private readonly IActorRef _coordinator;
    private readonly Action<string> _say;
    private readonly Action<IReadOnlyCollection<string>> _remember;
    private readonly TimeSpan _atTheDoor;
    private bool _isIn, _isOver;
    private TaskCompletionSource? _mayLeave;

    /// <param name="coordinator">The proxy.</param>
    /// <param name="say">Told, for a person, what happens.</param>
    /// <param name="remember">Given the other members as <c>HOST:PORT</c> whenever they change: whom to look for after a restart.</param>
    /// <param name="atTheDoor">How long it waits to be taken in by a cluster that it sees.</param>
    public MembershipActor(IActorRef coordinator, Action<string> say, Action<IReadOnlyCollection<string>> remember, TimeSpan atTheDoor) =>
        (_coordinator, _say, _remember, _atTheDoor) = (coordinator, say, remember, atTheDoor);

    /// <inheritdoc cref="MembershipActor(IActorRef, Action{string}, Action{IReadOnlyCollection{string}}, TimeSpan)"/>
    public static Props Props(IActorRef coordinator, Action<string> say, Action<IReadOnlyCollection<string>> remember, TimeSpan? atTheDoor = null) =>
        Akka.Actor.Props.Create(() => new MembershipActor(coordinator, say, remember, atTheDoor ?? AtTheDoor));

    public ITimerScheduler Timers { get; set; } = null!;

    /// <summary>Hand the shards over, then complete <paramref name="Done"/>.</summary>
    public sealed record Leave(TaskCompletionSource Done) : INoSerializationVerificationNeeded;

    protected override void PreStart()
    {
        _cluster.Subscribe(Self, ClusterEvent.InitialStateAsEvents, typeof(ClusterEvent.IMemberEvent));
        Context.System.EventStream.Subscribe(Self, typeof(ThisActorSystemQuarantinedEvent));
    }

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case ClusterEvent.MemberUp up: OnUp(up.Member); break;
            case ClusterEvent.MemberDowned downed: OnGone(downed.Member); break;
            case ClusterEvent.MemberRemoved removed: OnGone(removed.Member); break;
            case ClusterEvent.IClusterDomainEvent: break;
            case Leave leave:
                _mayLeave = leave.Done;
                Timers.StartPeriodicTimer("ask", Ask.Instance, TimeSpan.Zero, TimeSpan.FromSeconds(1));
                break;
            case Ask: _coordinator.Tell(new CoordinatorProtocol.LeaveNode(NodeRoles.NameOf(_cluster.SelfUniqueAddress))); break;
            case CoordinatorProtocol.NodeMayLeave: _mayLeave?.TrySetResult(); break;
            case Lost: JoinAnew("The cluster has no coordinator any more", $"for {WithoutCoordinator}"); break;
            case Outside: JoinAnew("The cluster does not take this node in", $"within {_atTheDoor}"); break;
            case ThisActorSystemQuarantinedEvent shut: JoinAnew("The cluster has shut this node out", $"by {shut.RemoteAddress}"); break;
            default: Unhandled(message); break;
        }
    }

    private void OnUp(Member member)
    {
        if (member.UniqueAddress.Equals(_cluster.SelfUniqueAddress))
        {
            _isIn = true;
            Timers.Cancel("outside");
            _say($"In the cluster as {NodeRoles.NameOf(member.UniqueAddress)}.");
        }
        else
        {
            if (!_isIn && !Timers.IsTimerActive("outside")) Timers.StartSingleTimer("outside", Outside.Instance, _atTheDoor);
            _say($"{NodeRoles.NameOf(member.UniqueAddress)} is in the cluster ({string.Join(", ", member.Roles.Order())}).");
            if (_members.Add(member.Address)) Remember();
        }

        if (!member.HasRole(NodeRoles.Coordinator)) return;
        _coordinators.Add(member.UniqueAddress);
        Timers.Cancel("lost");
    }

    private void OnGone(Member member)
    {
        if (!member.UniqueAddress.Equals(_cluster.SelfUniqueAddress) && _members.Remove(member.Address))
        {
            _say($"{NodeRoles.NameOf(member.UniqueAddress)} has left the cluster.");
            // The last ones stay remembered: alone again, they are who to look for.
            if (_members.Count > 0) Remember();
        }

        if (_coordinators.Remove(member.UniqueAddress) && _coordinators.Count == 0) Timers.StartSingleTimer("lost", Lost.Instance, WithoutCoordinator);
    }

    /// <summary>Every peer that shut this node out says so, as long as it lives: once is enough.</summary>
    private void JoinAnew(string reason, string detail)
    {
        if (_isOver) return;
        _isOver = true;
        _say($"{reason}; joining anew.");
        _log.Warning("{Reason} {Detail}: joining anew", reason, detail);
        Context.System.Terminate();
    }

    private void Remember() => _remember([.. _members.Select(address => $"{address.Host}:{address.Port}").Order(StringComparer.Ordinal)]);

    protected override void PostStop() => _cluster.Unsubscribe(Self);

    private sealed record Ask : INoSerializationVerificationNeeded
    {
        public static Ask Instance { get; } = new();
    }

    private sealed record Outside : INoSerializationVerificationNeeded
    {
        public static Outside Instance { get; } = new();
    }

    private sealed record Lost : INoSerializationVerificationNeeded
    {
        public static Lost Instance { get; } = new();
    }
}
