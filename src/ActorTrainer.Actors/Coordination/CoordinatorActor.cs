using System.Collections.Immutable;
using ActorTrainer.Actors.Experiments;
using ActorTrainer.Actors.Nodes;
using ActorTrainer.Core.Experiments;
using ActorTrainer.Core.Experiments.Placement;
using Akka.Actor;
using Akka.Cluster;
using Akka.Event;
using Akka.Persistence;
using static ActorTrainer.Actors.Coordination.CoordinatorProtocol;
using static ActorTrainer.Actors.Experiments.CrewProtocol;
using static ActorTrainer.Core.Experiments.Placement.CoordinatorEvents;

namespace ActorTrainer.Actors.Coordination;

/// <summary>
/// The one in a cluster who knows which experiments there are and which node works for which: a cluster singleton. It admits experiments, runs their
/// actors, and is their crew. Training does not need it: while it is away nobody is placed, and nothing stops.
/// <code>
///   gateway --SubmitExperiment--> [ a node resolves it ] --> ExperimentAdmitted --> ExperimentActor --RequestSeats--> pool --SeatsGranted-->
///   cluster --member up, removed--> pool --CrewChanged, CrewNodeLost--> experiments
/// </code>
/// </summary>
public sealed class CoordinatorActor : UntypedPersistentActor, IWithTimers
{
    public const string Role = "coordinator", TrainerRole = "trainer", EvaluatorRole = "evaluator", GatewayRole = "gateway";

    private static readonly TimeSpan Beat = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan ResolvePatience = TimeSpan.FromHours(1);

    /// <summary>An experiment waits for its journal; while it trains it does not even notice.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromDays(7);

    /// <summary>Nodes often come several at a time: an experiment is told once.</summary>
    private static readonly TimeSpan GrowAfter = TimeSpan.FromSeconds(2);

    private readonly IExperimentDesk _desk;
    private readonly TimeProvider _time;
    private readonly Cluster _cluster = Cluster.Get(Context.System);
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly Dictionary<ExperimentName, Running> _running = [];
    private readonly Dictionary<string, Known> _nodes = [];
    private readonly List<IActorRef> _evaluatorsWanted = [];
    private readonly Dictionary<string, IActorRef> _leaving = [];
    private Admissions _admissions = Admissions.None;
    private DevicePool _pool = DevicePool.Empty;

    public CoordinatorActor(IExperimentDesk desk, TimeProvider time) => (_desk, _time) = (desk, time);

    public static Props Props(IExperimentDesk desk, TimeProvider time) => Akka.Actor.Props.Create(() => new CoordinatorActor(desk, time));

    public override string PersistenceId => "coordinator";

    public ITimerScheduler Timers { get; set; } = null!;

    /// <summary>As nodes are called everywhere: address, and which of the processes that had it.</summary>
    public static string NameOf(UniqueAddress node) => $"{node.Address.Host}:{node.Address.Port}~{node.Uid}";

    /// <summary>One that breaks down is started again by its journal, not by its parent.</summary>
    protected override SupervisorStrategy SupervisorStrategy() => new OneForOneStrategy(_ => Directive.Stop);

    protected override void PreStart()
    {
        base.PreStart();
        _cluster.Subscribe(Self, ClusterEvent.InitialStateAsEvents, typeof(ClusterEvent.IMemberEvent), typeof(ClusterEvent.IReachabilityEvent));
        Context.System.EventStream.Subscribe(Self, typeof(ExperimentProtocol.ExperimentEnded));
        Context.System.EventStream.Subscribe(Self, typeof(ExperimentProtocol.ExperimentTakenOver));
        Timers.StartPeriodicTimer("beat", Tick.Instance, Beat);
    }

    protected override void OnRecover(object message)
    {
        switch (message)
        {
            case ICoordinatorEvent happened: _admissions = _admissions.Apply(happened); break;
            case RecoveryCompleted: OnRecovered(); break;
        }
    }

    private void OnRecovered()
    {
        _log.Info("This node coordinates; {Count} experiments are under way", _admissions.Admitted.Count);
        // After the members: an experiment that is being trained looks for its nodes first.
        Timers.StartSingleTimer("resume", ResumeAll.Instance, Beat);
    }

    protected override void OnCommand(object message)
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
            case Tick: OnTick(); break;
            case ResumeAll: foreach (var admitted in _admissions.Admitted.Values) Start(admitted); break;
            case Grow: foreach (var name in _pool.WouldGain) _running.GetValueOrDefault(name)?.Actor?.Tell(new CrewChanged()); break;

            case SubmitExperiment submit: OnSubmit(submit); break;
            case Resolved resolved: OnResolved(resolved); break;
            case ControlExperiment control: OnControl(control); break;
            case DescribeCluster: Sender.Tell(Describe()); break;
            case LeaveNode leave: OnLeave(leave.Name); break;

            case RequestSeats request: OnSeats(request); break;
            case FindNodes find: OnFind(find); break;
            case SeatFailed failed: _pool = _pool.Doubt(failed.Experiment, failed.Name); break;
            case ReleaseSeats release: _pool = _pool.Release(release.Experiment); Allocate(); break;
            case RequestEvaluator: _evaluatorsWanted.Add(Sender); GiveEvaluators(); break;

            case ExperimentProtocol.ExperimentEnded ended: OnEnded(ended.Experiment); break;
            case ExperimentProtocol.ExperimentTakenOver taken: OnTakenOver(taken.Name); break;
            case Terminated terminated: OnTerminated(terminated.ActorRef); break;
            default: Unhandled(message); break;
        }
    }

    // Nodes

    private void OnUp(Member member)
    {
        string name = NameOf(member.UniqueAddress);
        if (_nodes.ContainsKey(name)) return;
        _nodes[name] = new(name, member);
        Find(_nodes[name]);
    }

    private void Find(Known node)
    {
        Context.ActorSelection(new RootActorPath(node.Member.Address) / "user" / NodeProtocol.ActorName).ResolveOne(TimeSpan.FromSeconds(3))
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
        string name = NameOf(member.UniqueAddress);
        if (!_nodes.Remove(name)) return;
        _log.Info("{Node} is gone", name);
        foreach (string seat in _pool.SeatsOf(name))
        {
            foreach (var running in _running.Values) running.Actor?.Tell(new CrewNodeLost(seat));
        }

        _pool = _pool.Remove(name);
        _leaving.Remove(name);
        Allocate();
    }

    private void OnReachability(Member member, bool reachable)
    {
        if (_nodes.TryGetValue(NameOf(member.UniqueAddress), out var node)) node.Reachable = reachable;
    }

    private void OnDescribed(NodeProtocol.NodeDescribed described)
    {
        if (_nodes.Values.FirstOrDefault(node => Equals(node.Actor, Sender)) is not { } node) return;
        node.Device = described.Device;
        if (!_pool.Nodes.ContainsKey(node.Name))
        {
            _pool = _pool.Join(new(node.Name, node.Member.HasRole(TrainerRole), node.Member.HasRole(EvaluatorRole), Math.Max(1, described.Seats)));
            _log.Info("{Node} is here, with {Seats} seats", node.Name, described.Seats);
            Allocate();
            return;
        }

        if (!_pool.InDoubt.Contains(node.Name)) return;
        _pool = _pool.Trust(node.Name);
        Allocate();
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
        foreach (var running in _running.Values.Where(running => running.Actor is null && _time.GetElapsedTime(running.StoppedAt) >= running.Pause).ToList()) StartActor(running);
    }

    // Experiments

    private void OnSubmit(SubmitExperiment submit)
    {
        var asker = Sender;
        try
        {
            var name = _desk.NameOf(submit.Configuration);
            if (_running.ContainsKey(name))
            {
                asker.Tell(new Rejected($"The experiment '{name}' is under way. 'actortrainer show {name}' says how it goes.", Conflict: true));
                return;
            }

            if (_nodes.Values.FirstOrDefault(node => node.Actor is not null && node.Reachable && node.Works) is not { Actor: { } node })
            {
                asker.Tell(new Rejected("The cluster has no node that trains or evaluates yet: start one with 'actortrainer node --roles trainer --seed HOST:PORT'.", Conflict: false));
                return;
            }

            node.Ask<object>(new NodeProtocol.ResolveExperiment(submit.Configuration, _desk.Earlier(name)?.Definition), ResolvePatience)
                .PipeTo(Self, success: answer => new Resolved(submit, asker, answer), failure: e => new Resolved(submit, asker, new NodeProtocol.ExperimentUnresolved(e.GetBaseException().Message)));
        }
        catch (FormatException e)
        {
            asker.Tell(new Rejected(e.Message, Conflict: false));
        }
    }

    private void OnResolved(Resolved resolved)
    {
        if (resolved.Answer is not NodeProtocol.ExperimentResolved { Definition: var definition, Notices: var notices })
        {
            resolved.Asker.Tell(new Rejected(resolved.Answer is NodeProtocol.ExperimentUnresolved unresolved ? unresolved.Reason : "No node could look at it.", Conflict: false));
            return;
        }

        if (_running.ContainsKey(definition.Name))
        {
            resolved.Asker.Tell(new Rejected($"The experiment '{definition.Name}' is under way.", Conflict: true));
            return;
        }

        var earlier = _desk.Earlier(definition.Name);
        if (earlier?.Status is ExperimentStatus.Cancelled)
        {
            resolved.Asker.Tell(new Rejected(Cancelled(definition.Name), Conflict: true));
            return;
        }

        if (earlier is not null && _desk.ConflictWith(earlier.Definition, definition, resolved.Submit.AcceptMachine) is { } conflict)
        {
            resolved.Asker.Tell(new Rejected(conflict, Conflict: true));
            return;
        }

        Admit(_desk.Settle(definition, earlier?.Definition), resolved.Submit.Priority, () => resolved.Asker.Tell(new Accepted(definition.Name, notices)));
    }

    private void Admit(ExperimentDefinition definition, int priority, Action then) =>
        Persist(new ExperimentAdmitted(definition, priority, _time.GetUtcNow()), admitted =>
        {
            _admissions = _admissions.Apply(admitted);
            then();
            Start(admitted);
        });

    private void OnControl(ControlExperiment control)
    {
        if (_running.TryGetValue(control.Experiment, out var running)) ControlRunning(control, running);
        else if (_desk.Earlier(control.Experiment) is { } resting) ControlResting(control, resting);
        else Reject($"There is no experiment '{control.Experiment}'.");
    }

    private void ControlRunning(ControlExperiment control, Running running)
    {
        var name = control.Experiment;
        // One whose actor stopped without a word is started again now, to hear it.
        if (running.Actor is null) StartActor(running);
        switch (control.Wish)
        {
            case Wish.Remove: Reject($"The experiment '{name}' is under way: cancel it first."); return;
            case Wish.Resume: break;
            case not Wish.Resume when running.Actor is null: Reject($"The experiment '{name}' can't be opened now; the coordinator's log says why."); return;
            case Wish.Pause: running.Actor!.Tell(new ExperimentProtocol.PauseExperiment()); break;
            case Wish.Cancel: running.Actor!.Tell(new ExperimentProtocol.CancelExperiment()); break;
        }

        Sender.Tell(new Accepted(name, []));
    }

    private void ControlResting(ControlExperiment control, Experiment resting)
    {
        var (name, asker) = (control.Experiment, Sender);
        switch (control.Wish)
        {
            case Wish.Resume when resting.Status is ExperimentStatus.Cancelled:
                Reject(Cancelled(name));
                break;
            case Wish.Resume: Admit(resting.Definition, 0, () => asker.Tell(new Accepted(name, []))); break;
            case Wish.Pause when resting.Status is ExperimentStatus.Paused: asker.Tell(new Accepted(name, [])); break;
            case Wish.Cancel when resting.Rests: Answer(name, _desk.GiveUp(name)); break;
            case Wish.Remove: Answer(name, _desk.Remove(name)); break;
            default: Reject($"The experiment '{name}' is {resting.Status.ToString().ToLowerInvariant()}, not under way."); break;
        }
    }

    private void Answer(ExperimentName name, string? refusal)
    {
        if (refusal is null) Sender.Tell(new Accepted(name, []));
        else Reject(refusal);
    }

    private static string Cancelled(ExperimentName name) => $"The experiment '{name}' was cancelled. 'actortrainer run --from {name}' begins another from where it stopped.";

    private void Reject(string reason) => Sender.Tell(new Rejected(reason, Conflict: true));

    private void Start(ExperimentAdmitted admitted)
    {
        if (_running.ContainsKey(admitted.Definition.Name)) return;
        StartActor(_running[admitted.Definition.Name] = new(admitted));
    }

    private void StartActor(Running running)
    {
        var name = running.Admitted.Definition.Name;
        try
        {
            running.Opened ??= _desk.Open(running.Admitted.Definition, Self);
            running.Actor = Context.Watch(Context.ActorOf(ExperimentSupervisorActor.Props(running.Opened.Parts, Patience), $"experiment-{name}-{++running.Starts}"));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or FormatException)
        {
            _log.Error(e, "{Experiment} can't be opened, trying again", name);
            running.StoppedAt = _time.GetTimestamp();
        }
    }

    private void OnEnded(Experiment experiment)
    {
        var name = experiment.Definition.Name;
        if (!_running.ContainsKey(name)) return;
        Forget(name);
        Persist(new ExperimentLeft(name, _time.GetUtcNow()), left => _admissions = _admissions.Apply(left));
    }

    /// <summary>
    /// By a coordinator that was frozen, say, and is to go when it finds out: as long as this one coordinates, it takes the experiment back, after a
    /// pause. Training does not notice.
    /// </summary>
    private void OnTakenOver(ExperimentName name)
    {
        if (!_running.ContainsKey(name)) return;
        _pool = _pool.Release(name);
        Allocate();
    }

    private void Forget(ExperimentName name)
    {
        if (!_running.Remove(name, out var running)) return;
        running.Opened?.Owned.Dispose();
        _pool = _pool.Release(name);
        Allocate();
    }

    /// <summary>Without a word, though its supervisor is patient. It begins again from what is written, after a pause that grows.</summary>
    private void OnTerminated(IActorRef actor)
    {
        if (_running.Values.FirstOrDefault(running => Equals(running.Actor, actor)) is not { } running) return;
        running.Pause = running.Pause == TimeSpan.Zero ? Beat : TimeSpan.FromTicks(Math.Min(running.Pause.Ticks * 2, TimeSpan.FromSeconds(10).Ticks));
        (running.Actor, running.StoppedAt) = (null, _time.GetTimestamp());
        _log.Warning("{Experiment} stopped without having ended; it begins again in {Pause}", running.Admitted.Definition.Name, running.Pause);
    }

    // Seats

    private void OnSeats(RequestSeats request)
    {
        int priority = _running.GetValueOrDefault(request.Experiment)?.Admitted.Priority ?? 0;
        _pool = _pool.Request(request.Experiment, request.Min, request.Max, priority);
        Allocate();
    }

    private void OnFind(FindNodes find)
    {
        // A coordinator that has just taken over knows the members before it has found their actors.
        if (find.Names.Any(seat => SeatName.NodeOf(seat) is var name && _nodes.ContainsKey(name) && !_pool.Nodes.ContainsKey(name)))
        {
            Context.System.Scheduler.ScheduleTellOnce(TimeSpan.FromMilliseconds(200), Self, find, Sender);
            return;
        }

        ImmutableArray<CrewNode> found = [.. find.Names.Where(seat => _pool.SeatsOf(SeatName.NodeOf(seat)).Contains(seat)).Select(CrewNodeOf)];
        if (_running.GetValueOrDefault(find.Experiment)?.Opened?.Parts.Trainers is { } trainers)
            _pool = _pool.Adopt(find.Experiment, [.. found.Select(node => node.Name)], trainers.Min, trainers.Max, _running[find.Experiment].Admitted.Priority);
        Sender.Tell(new NodesFound(found));
    }

    private void Allocate()
    {
        (_pool, var grants) = _pool.Allocate();
        foreach (var grant in grants)
            _running.GetValueOrDefault(grant.Experiment)?.Actor?.Tell(new SeatsGranted([.. grant.Seats.Select(CrewNodeOf)]));
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

    private ClusterDescribed Describe() => new(
        [
            .. _nodes.Values.OrderBy(node => node.Name, StringComparer.Ordinal).Select(node => new ClusterNode(node.Name, [.. node.Member.Roles.Order()],
                !node.Reachable ? "unreachable" : _pool.Leaving.Contains(node.Name) ? "leaving" : _pool.InDoubt.Contains(node.Name) ? "silent" : "up", node.Device,
                _pool.Held.Where(held => held.Value.Any(seat => SeatName.NodeOf(seat) == node.Name)).Select(held => (ExperimentName?)held.Key).FirstOrDefault())),
        ],
        [.. _running.Keys.OrderBy(name => name.Value, StringComparer.Ordinal)]);

    protected override void PostStop()
    {
        _cluster.Unsubscribe(Self);
        foreach (var running in _running.Values) running.Opened?.Owned.Dispose();
        base.PostStop();
    }

    private sealed class Running(ExperimentAdmitted admitted)
    {
        public ExperimentAdmitted Admitted => admitted;
        public OpenedExperiment? Opened { get; set; }
        public IActorRef? Actor { get; set; }
        public int Starts { get; set; }
        public long StoppedAt { get; set; }
        public TimeSpan Pause { get; set; }
    }

    private sealed class Known(string name, Member member)
    {
        public string Name => name;
        public Member Member => member;
        public IActorRef? Actor { get; set; }
        public bool Reachable { get; set; } = true;
        public string? Device { get; set; }
        public bool Works => member.HasRole(TrainerRole) || member.HasRole(EvaluatorRole);
    }

    private sealed record NodeFound(string Name, IActorRef? Actor) : INoSerializationVerificationNeeded;

    private sealed record Resolved(SubmitExperiment Submit, IActorRef Asker, object Answer) : INoSerializationVerificationNeeded;

    private sealed record Tick : INoSerializationVerificationNeeded
    {
        public static Tick Instance { get; } = new();
    }

    private sealed record ResumeAll : INoSerializationVerificationNeeded
    {
        public static ResumeAll Instance { get; } = new();
    }

    private sealed record Grow : INoSerializationVerificationNeeded
    {
        public static Grow Instance { get; } = new();
    }
}
