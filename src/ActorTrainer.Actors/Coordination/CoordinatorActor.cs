using ActorTrainer.Actors.Experiments;
using ActorTrainer.Actors.Nodes;
using ActorTrainer.Core.Experiments;
using ActorTrainer.Core.Experiments.Placement;
using Akka.Actor;
using Akka.Event;
using Akka.Persistence;
using static ActorTrainer.Actors.Coordination.CoordinatorProtocol;
using static ActorTrainer.Core.Experiments.Placement.CoordinatorEvents;

namespace ActorTrainer.Actors.Coordination;

/// <summary>
/// The one in a cluster who knows which experiments there are: a cluster singleton. It admits experiments, runs their actors, and hands on what is wished
/// of them; who works for which is its crew's matter. Training does not need it: while it is away nobody is placed, and nothing stops.
/// <code>
///   gateway --SubmitExperiment--> [ a node resolves it ] --> ExperimentAdmitted --> ExperimentActor --RequestSeats--> ClusterCrewActor
///   gateway --ControlExperiment--> under way: its actor;  at rest: admitted again, given up, removed
///   experiment --ExperimentEnded--> ExperimentLeft
/// </code>
/// </summary>
public sealed class CoordinatorActor : UntypedPersistentActor, IWithTimers
{
    private static readonly TimeSpan Beat = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan ResolvePatience = TimeSpan.FromHours(1);

    /// <summary>An experiment waits for its journal; while it trains it does not even notice.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromDays(7);

    private readonly IExperimentDesk _desk;
    private readonly TimeProvider _time;
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly IActorRef _crew;
    private readonly Dictionary<ExperimentName, Running> _running = [];
    /// <summary>At rest, and being given up or removed, which takes as long as the disk does.</summary>
    private readonly HashSet<ExperimentName> _shelved = [];
    private Admissions _admissions = Admissions.None;
    private bool _resumed, _pruning;

    public CoordinatorActor(IExperimentDesk desk, TimeProvider time)
    {
        (_desk, _time) = (desk, time);
        _crew = Context.Watch(Context.ActorOf(ClusterCrewActor.Props(), "crew"));
    }

    public static Props Props(IExperimentDesk desk, TimeProvider time) => Akka.Actor.Props.Create(() => new CoordinatorActor(desk, time));

    public override string PersistenceId => "coordinator";

    public ITimerScheduler Timers { get; set; } = null!;

    /// <summary>One that breaks down is started again by its journal, not by its parent.</summary>
    protected override SupervisorStrategy SupervisorStrategy() => new OneForOneStrategy(_ => Directive.Stop);

    protected override void PreStart()
    {
        base.PreStart();
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
            case Tick: OnTick(); break;
            case ResumeAll: OnResumeAll(); break;
            case SubmitExperiment or ControlExperiment or PruneRuns when !_resumed: Stash.Stash(); break;     // not known yet what is under way

            case SubmitExperiment submit: OnSubmit(submit); break;
            case Resolved resolved: OnResolved(resolved); break;
            case ControlExperiment control: OnControl(control); break;
            case Shelved shelved: OnShelved(shelved); break;
            case PruneRuns prune: OnPrune(prune); break;
            case PruningEnded: _pruning = false; break;
            case DescribeCluster: _crew.Forward(new ClusterCrewProtocol.DescribeCrew([.. _running.Keys.OrderBy(name => name.Value, StringComparer.Ordinal)])); break;
            case LeaveNode leave: _crew.Forward(leave); break;

            case ExperimentProtocol.ExperimentEnded ended: OnEnded(ended.Experiment); break;
            case ExperimentProtocol.ExperimentTakenOver taken: OnTakenOver(taken.Name); break;
            case Terminated terminated when Equals(terminated.ActorRef, _crew): Context.Stop(Self); break;      // both begin again
            case Terminated terminated: OnTerminated(terminated.ActorRef); break;
            default: Unhandled(message); break;
        }
    }

    private void OnTick()
    {
        foreach (var running in _running.Values.Where(running => running.Actor is null && _time.GetElapsedTime(running.StoppedAt) >= running.Pause).ToList()) StartActor(running);
    }

    /// <summary>The coordinator before may have died when an experiment had ended or been paused, and before that was written here.</summary>
    private void OnResumeAll()
    {
        foreach (var admitted in _admissions.Admitted.Values)
        {
            if (admitted.HasEndedSince(_desk.Earlier(admitted.Definition.Name))) WriteLeft(admitted.Definition.Name);
            else Start(admitted);
        }

        _resumed = true;
        Stash.UnstashAll();
    }

    // Admission

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

            _crew.Ask<object>(new NodeProtocol.ResolveExperiment(submit.Configuration, _desk.Earlier(name)?.Definition), ResolvePatience)
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

        if (IsShelved(definition.Name))
        {
            resolved.Asker.Tell(new Rejected(BeingShelved(definition.Name), Conflict: true));
            return;
        }

        var earlier = _desk.Earlier(definition.Name);
        if (earlier?.Status is ExperimentStatus.Cancelled)
        {
            resolved.Asker.Tell(new Rejected(WishTable.Cancelled(definition.Name), Conflict: true));
            return;
        }

        if (earlier is not null && _desk.ConflictWith(earlier.Definition, definition, resolved.Submit.AcceptMachine) is { } conflict)
        {
            resolved.Asker.Tell(new Rejected(conflict, Conflict: true));
            return;
        }

        Admit(_desk.Settle(definition, earlier?.Definition), resolved.Submit.Priority, earlier, () => resolved.Asker.Tell(new Accepted(definition.Name, notices)));
    }

    private void Admit(ExperimentDefinition definition, int priority, Experiment? earlier, Action then) =>
        Persist(new ExperimentAdmitted(definition, priority, _time.GetUtcNow(), earlier?.Ends ?? 0), admitted =>
        {
            _admissions = _admissions.Apply(admitted);
            then();
            Start(admitted);
        });

    // Wishes

    private void OnControl(ControlExperiment control)
    {
        if (!_running.ContainsKey(control.Experiment) && IsShelved(control.Experiment)) Reject(BeingShelved(control.Experiment));
        else if (_running.TryGetValue(control.Experiment, out var running)) ControlRunning(control, running);
        else if (_desk.Earlier(control.Experiment) is { } resting) Do(control.Experiment, WishTable.AtRest(control.Wish, resting), resting: resting);
        else Reject($"There is no experiment '{control.Experiment}'.");
    }

    private void ControlRunning(ControlExperiment control, Running running)
    {
        // One whose actor stopped without a word is started again now, to hear it.
        if (running.Actor is null) StartActor(running);
        Do(control.Experiment, WishTable.UnderWay(control.Wish, control.Experiment, isOpen: running.Actor is not null), running.Actor);
    }

    private void Do(ExperimentName name, Deed deed, IActorRef? actor = null, Experiment? resting = null)
    {
        var asker = Sender;
        switch (deed)
        {
            case Deed.Refuse refuse: Reject(refuse.Reason); return;
            case Deed.Readmit: Admit(resting!.Definition, 0, resting, () => asker.Tell(new Accepted(name, []))); return;
            case Deed.GiveUp: Shelve(name, _desk.GiveUp); return;
            case Deed.Remove: Shelve(name, _desk.Remove); return;
            case Deed.Pause: actor!.Tell(new ExperimentProtocol.PauseExperiment()); break;
            case Deed.Cancel: actor!.Tell(new ExperimentProtocol.CancelExperiment()); break;
        }

        asker.Tell(new Accepted(name, []));
    }

    /// <summary>A run may hold many files, and the disk be slow: nobody else waits for it.</summary>
    private void Shelve(ExperimentName name, Func<ExperimentName, string?> act)
    {
        var asker = Sender;
        _shelved.Add(name);
        Task.Run(() => act(name)).PipeTo(Self, success: refusal => new Shelved(name, asker, refusal), failure: e => new Shelved(name, asker, e.GetBaseException().Message));
    }

    private void OnShelved(Shelved shelved)
    {
        _shelved.Remove(shelved.Name);
        shelved.Asker.Tell(shelved.Refusal is { } refusal ? new Rejected(refusal, Conflict: true) : new Accepted(shelved.Name, []));
    }

    private void OnPrune(PruneRuns prune)
    {
        if (_pruning || _shelved.Count > 0)
        {
            Reject("Runs are being removed already: try again in a moment.");
            return;
        }

        HashSet<ExperimentName> busy = [.. _running.Keys];
        var ended = Task.Run(() => _desk.Prune(prune.Apply, busy));
        ended.PipeTo(Sender, success: items => new Pruned(items), failure: e => new Rejected(e.GetBaseException().Message, Conflict: true));
        // Who only looks keeps nobody away, and is not who has ended when a look ends.
        if (!prune.Apply) return;
        _pruning = true;
        ended.PipeTo(Self, success: _ => PruningEnded.Instance, failure: _ => PruningEnded.Instance);
    }

    private bool IsShelved(ExperimentName name) => _pruning || _shelved.Contains(name);

    private static string BeingShelved(ExperimentName name) => $"The experiment '{name}' is being given up or removed: try again in a moment.";

    private void Reject(string reason) => Sender.Tell(new Rejected(reason, Conflict: true));

    // Experiments

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
            running.Opened ??= _desk.Open(running.Admitted.Definition, _crew);
            var trainers = running.Opened.Parts.Trainers;
            _crew.Tell(new ClusterCrewProtocol.Enrol(name, trainers.Min, trainers.Max, running.Admitted.Priority));
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
        WriteLeft(name);
    }

    private void WriteLeft(ExperimentName name) => Persist(new ExperimentLeft(name, _time.GetUtcNow()), left => _admissions = _admissions.Apply(left));

    /// <summary>
    /// By a coordinator that was frozen, say, and is to go when it finds out: as long as this one coordinates, it takes the experiment back, after a
    /// pause. Training does not notice.
    /// </summary>
    private void OnTakenOver(ExperimentName name)
    {
        if (_running.ContainsKey(name)) _crew.Tell(new ClusterCrewProtocol.Dismiss(name));
    }

    private void Forget(ExperimentName name)
    {
        if (!_running.Remove(name, out var running)) return;
        running.Opened?.Owned.Dispose();
        _crew.Tell(new ClusterCrewProtocol.Dismiss(name));
    }

    /// <summary>Without a word, though its supervisor is patient. It begins again from what is written, after a pause that grows.</summary>
    private void OnTerminated(IActorRef actor)
    {
        if (_running.Values.FirstOrDefault(running => Equals(running.Actor, actor)) is not { } running) return;
        running.Pause = running.Pause == TimeSpan.Zero ? Beat : TimeSpan.FromTicks(Math.Min(running.Pause.Ticks * 2, TimeSpan.FromSeconds(10).Ticks));
        (running.Actor, running.StoppedAt) = (null, _time.GetTimestamp());
        _log.Warning("{Experiment} stopped without having ended; it begins again in {Pause}", running.Admitted.Definition.Name, running.Pause);
    }

    protected override void PostStop()
    {
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

    private sealed record Resolved(SubmitExperiment Submit, IActorRef Asker, object Answer) : INoSerializationVerificationNeeded;

    /// <param name="Refusal">Null: it is done.</param>
    private sealed record Shelved(ExperimentName Name, IActorRef Asker, string? Refusal) : INoSerializationVerificationNeeded;

    private sealed record PruningEnded : INoSerializationVerificationNeeded
    {
        public static PruningEnded Instance { get; } = new();
    }

    private sealed record Tick : INoSerializationVerificationNeeded
    {
        public static Tick Instance { get; } = new();
    }

    private sealed record ResumeAll : INoSerializationVerificationNeeded
    {
        public static ResumeAll Instance { get; } = new();
    }
}
