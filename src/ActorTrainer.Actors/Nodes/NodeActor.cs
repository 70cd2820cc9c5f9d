using ActorTrainer.Actors.Evaluation;
using ActorTrainer.Actors.Training;
using ActorTrainer.Core.Data;
using ActorTrainer.Core.Experiments;
using ActorTrainer.Core.Training;
using Akka.Actor;
using Akka.Event;
using static ActorTrainer.Actors.Nodes.NodeProtocol;
using static ActorTrainer.Actors.Training.SeatProtocol;

namespace ActorTrainer.Actors.Nodes;

/// <summary>
/// One process's part in experiments: prepares them (once each), seats their trainers and evaluators, and hands messages to the seat that they are for.
/// <code>
///   generation --JoinGeneration--> node --(prepare, off this thread)--> seat --SeatJoined--> generation
///   experiment --OpenEvaluator---> node --(prepare, off this thread)--> evaluator --EvaluatorReady--> experiment
/// </code>
/// </summary>
public sealed class NodeActor : UntypedActor, IWithTimers
{
    private static readonly TimeSpan SayPreparingEvery = TimeSpan.FromSeconds(1);

    private static readonly string Version = typeof(NodeActor).Assembly.GetName().Version?.ToString(3) ?? "";

    private readonly IWorkplace _workplace;
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly Dictionary<ExperimentName, Guest> _guests = [];
    private readonly List<Guest> _leaving = [];
    private readonly Dictionary<IActorRef, Exception> _breakdowns = [];
    private int _hosted;

    public NodeActor(IWorkplace workplace) => _workplace = workplace;

    public ITimerScheduler Timers { get; set; } = null!;

    public static Props Props(IWorkplace workplace) => Akka.Actor.Props.Create(() => new NodeActor(workplace));

    protected override SupervisorStrategy SupervisorStrategy() => new OneForOneStrategy(reason =>
    {
        _breakdowns[Sender] = reason;
        return Directive.Stop;
    });

    protected override void PreStart() => Timers.StartPeriodicTimer("preparing", Tick.Instance, SayPreparingEvery);

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case JoinGeneration join: Prepared(join.Definition, join, Sender); break;
            case OpenEvaluator open: Prepared(open.Definition, open, Sender); break;
            case ResolveExperiment question: OnResolve(question); break;
            case DescribeNode: Sender.Tell(new NodeDescribed(_workplace.Device, Version, [.. _guests.Keys], _workplace.Seats)); break;
            case Ready ready: OnReady(ready); break;
            case Unready unready: OnUnready(unready); break;
            case CloseSeat close: OnCloseSeat(close); break;
            case LeaveExperiment leave: OnLeave(leave.Experiment); break;
            case IForSeat other: ToSeat(other); break;
            case Tick: SayPreparing(); break;
            case Terminated terminated: OnTerminated(terminated.ActorRef); break;
            default: Unhandled(message); break;
        }
    }

    private void OnResolve(ResolveExperiment question)
    {
        var (workplace, log) = (_workplace, _log);
        Task.Run(() => workplace.ResolveAsync(question, CancellationToken.None)).PipeTo(Sender, Self, failure: e =>
        {
            var reason = e.GetBaseException();
            if (reason is not (DataException or EngineException)) log.Error(reason, "An experiment could not be resolved");
            return new ExperimentUnresolved(reason.Message);
        });
    }

    /// <summary>Answers once the experiment is ready here; the first question starts the preparation.</summary>
    private void Prepared(ExperimentDefinition definition, object question, IActorRef asker)
    {
        if (!_guests.TryGetValue(definition.Name, out var guest))
        {
            guest = _guests[definition.Name] = new(definition);
            var (workplace, cancel) = (_workplace, guest.Stop.Token);
            Task.Run(() => workplace.PrepareAsync(definition, cancel), cancel).PipeTo(Self, success: work => new Ready(guest, work), failure: reason => new Unready(guest, reason));
        }

        if (guest.Work is { } work) Answer(guest, work, question, asker);
        else guest.Waiting.Add((question, asker));
    }

    private void OnReady(Ready ready)
    {
        var guest = ready.Guest;
        if (!_guests.TryGetValue(guest.Definition.Name, out var current) || current != guest)
        {
            ready.Work.Dispose();
            return;
        }

        guest.Work = ready.Work;
        foreach (var (question, asker) in guest.Waiting) Answer(guest, ready.Work, question, asker);
        guest.Waiting.Clear();
    }

    private void OnUnready(Unready unready)
    {
        var guest = unready.Guest;
        string reason = unready.Reason.GetBaseException().Message;
        if (unready.Reason.GetBaseException() is not (DataException or EngineException or OperationCanceledException))
            _log.Error(unready.Reason, "{Experiment} could not be prepared here", guest.Definition.Name);
        foreach (var (question, asker) in guest.Waiting)
        {
            asker.Tell(question is JoinGeneration join
                ? new SeatRefused(join.Generation, reason, join.Seat)
                : new EvaluatorRefused(guest.Definition.Name, reason));
        }

        if (_guests.TryGetValue(guest.Definition.Name, out var current) && current == guest) _guests.Remove(guest.Definition.Name);
    }

    private void Answer(Guest guest, ExperimentWork work, object question, IActorRef asker)
    {
        var name = guest.Definition.Name;
        if (question is JoinGeneration join)
        {
            if (join.Seat >= work.Trainers.Length)
            {
                asker.Tell(new SeatRefused(join.Generation, $"this node has {work.Trainers.Length} seats, and none of number {join.Seat}", join.Seat));
                return;
            }

            if (!guest.Seats.TryGetValue(join.Seat, out var seat)) seat = guest.Seats[join.Seat] = Host(guest, SeatActor.Props(name, work.Trainers[join.Seat], join.Seat), "seat");
            seat.Tell(join, asker);
            return;
        }

        guest.Evaluator ??= Host(guest, EvaluatorActor.Props(work.Evaluator), "evaluator");
        guest.EvaluatesFor = asker;
        asker.Tell(new EvaluatorReady(name), guest.Evaluator);
    }

    private IActorRef Host(Guest guest, Props props, string what)
    {
        var child = Context.Watch(Context.ActorOf(props, $"{what}-{guest.Definition.Name}-{++_hosted}"));
        guest.Children.Add(child);
        return child;
    }

    private void ToSeat(IForSeat message)
    {
        if (_guests.GetValueOrDefault(message.Experiment)?.Seats.GetValueOrDefault(message.Seat) is { } seat) seat.Forward(message);
        else Sender.Tell(new SeatEmpty(message.Experiment, message.Seat));
    }

    private void SayPreparing()
    {
        foreach (var guest in _guests.Values)
        {
            foreach (var (question, asker) in guest.Waiting)
            {
                if (question is JoinGeneration join) asker.Tell(new SeatPreparing(join.Generation, join.Seat));
            }
        }
    }

    private void OnCloseSeat(CloseSeat close)
    {
        if (_guests.GetValueOrDefault(close.Experiment) is { } guest && guest.Seats.Remove(close.Seat, out var seat)) Context.Stop(seat);
    }

    private void OnLeave(ExperimentName name)
    {
        if (_guests.GetValueOrDefault(name) is not { } guest) return;
        guest.Stop.Cancel();
        _guests.Remove(name);
        _leaving.Add(guest);
        foreach (var child in guest.Children) Context.Stop(child);
        Forget(guest);
    }

    private void OnTerminated(IActorRef who)
    {
        _breakdowns.Remove(who, out var reason);
        foreach (var guest in _guests.Values.Concat(_leaving).ToList())
        {
            if (!guest.Children.Remove(who)) continue;
            foreach (int number in guest.Seats.Where(seat => Equals(seat.Value, who)).Select(seat => seat.Key).ToList()) guest.Seats.Remove(number);
            if (Equals(guest.Evaluator, who)) OnEvaluatorStopped(guest, reason);
            Forget(guest);
        }
    }

    private void OnEvaluatorStopped(Guest guest, Exception? reason)
    {
        guest.Evaluator = null;
        if (_leaving.Contains(guest)) return;
        _log.Error(reason, "The evaluator of {Experiment} broke down", guest.Definition.Name);
        guest.EvaluatesFor.Tell(new EvaluatorRefused(guest.Definition.Name, $"The evaluator broke down: {reason?.Message ?? "it stopped"}"));
    }

    /// <summary>Its data are closed once nobody reads them.</summary>
    private void Forget(Guest guest)
    {
        if (guest.Children.Count == 0 && _leaving.Remove(guest)) guest.Work?.Dispose();
    }

    protected override void PostStop()
    {
        foreach (var guest in _guests.Values.Concat(_leaving))
        {
            guest.Stop.Cancel();
            guest.Work?.Dispose();
        }
    }

    /// <summary>An experiment at this node.</summary>
    private sealed class Guest(ExperimentDefinition definition)
    {
        public ExperimentDefinition Definition => definition;
        public CancellationTokenSource Stop { get; } = new();
        public List<(object Question, IActorRef Asker)> Waiting { get; } = [];
        public ExperimentWork? Work { get; set; }
        public HashSet<IActorRef> Children { get; } = [];
        public Dictionary<int, IActorRef> Seats { get; } = [];
        public IActorRef? Evaluator { get; set; }
        public IActorRef EvaluatesFor { get; set; } = ActorRefs.Nobody;
    }

    private sealed record Ready(Guest Guest, ExperimentWork Work) : INoSerializationVerificationNeeded;

    private sealed record Unready(Guest Guest, Exception Reason) : INoSerializationVerificationNeeded;

    private sealed record Tick : INoSerializationVerificationNeeded
    {
        public static Tick Instance { get; } = new();
    }
}
