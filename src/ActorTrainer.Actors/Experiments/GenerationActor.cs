using System.Collections.Immutable;
using System.Security.Cryptography;
using ActorTrainer.Actors.Training;
using ActorTrainer.Core.Experiments;
using ActorTrainer.Core.Experiments.Placement;
using ActorTrainer.Core.Gradients;
using Akka.Actor;
using Akka.Event;
using static ActorTrainer.Actors.Experiments.CrewProtocol;
using static ActorTrainer.Actors.Experiments.GenerationProtocol;
using static ActorTrainer.Actors.Training.SeatProtocol;

namespace ActorTrainer.Actors.Experiments;

/// <summary>
/// Leads one generation's trainers, wherever they are: gathers them, starts them once the experiment has journalled where they begin, hands on what
/// they say, and notices when one is gone. It never decides what counts; a step never waits for it.
/// <code>
///   gathering --all joined--> gathered --Begin--> running --interrupted, lost--> settling --(a moment)--> broken
///       '-- refused, silent --> broken          attaching --all alive--> running
/// </code>
/// </summary>
public sealed class GenerationActor : UntypedActor, IWithTimers
{
    private static readonly TimeSpan Beat = TimeSpan.FromMilliseconds(500);

    /// <summary>A seat that has not said a word for so long is gone. Trainers notice much sooner: this is for a node that nobody exchanges with.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>After the first bad news: whoever lives says a word within this, and whose news is the cause and whose the consequence shows.</summary>
    private static readonly TimeSpan Settling = TimeSpan.FromMilliseconds(1500);

    private readonly ExperimentDefinition _definition;
    private readonly Generation _generation;
    private readonly TimeProvider _time;
    private readonly ImmutableArray<Seat> _seats;
    private readonly IActorRef _experiment = Context.Parent;
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly Dictionary<string, string> _lost = [];
    private State _state;
    private string? _reason;
    private long _badNewsAt;
    private bool _refused;
    private readonly Dictionary<int, TrainerProtocol.TrainingStopped> _stopped = [];

    private enum State { Gathering, Gathered, Attaching, Running, Settling }

    /// <param name="attach">The generation is thought to be running: find it instead of beginning it.</param>
    public GenerationActor(ExperimentDefinition definition, Generation generation, ImmutableArray<(CrewNode Node, ShardRange Own)> seats, bool attach, TimeProvider time)
    {
        (_definition, _generation, _time, _state) = (definition, generation, time, attach ? State.Attaching : State.Gathering);
        _seats = [.. seats.Select((seat, rank) => new Seat(rank, seat.Node, seat.Own) { HeardAt = time.GetTimestamp() })];
    }

    public static Props Props(ExperimentDefinition definition, Generation generation, ImmutableArray<(CrewNode Node, ShardRange Own)> seats, bool attach, TimeProvider time) =>
        Akka.Actor.Props.Create(() => new GenerationActor(definition, generation, seats, attach, time));

    public ITimerScheduler Timers { get; set; } = null!;

    protected override void PreStart()
    {
        Timers.StartPeriodicTimer("beat", Tick.Instance, _state == State.Attaching ? TimeSpan.Zero : Beat, Beat);
        if (_state != State.Gathering) return;
        foreach (var seat in _seats) seat.Node.Node.Tell(new JoinGeneration(_definition.Name, _generation, _definition));
    }

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case SeatPreparing or SeatJoined or SeatRefused or SeatAlive or SeatEmpty or SeatSaid: OnWord(message); break;
            case Begin begin: OnBegin(begin.Start); break;
            case Tick: OnTick(); break;
            case Settled: Break(); break;
            case CrewNodeLost lost when Array.Find([.. _seats], s => s.Node.Name == lost.Name) is { } seat: Lose(seat, "its node has left the cluster"); break;
            case CrewNodeLost: break;
            case ToTrainer word: word.Trainer.Tell(word.Command); break;
            case TrainerProtocol.ICommand command: ToAll(command); break;
            case Terminated terminated when Array.Find([.. _seats], s => Equals(s.Ref, terminated.ActorRef)) is { } seat: Lose(seat, "its trainer is gone"); break;
            case Terminated: break;
            default: Unhandled(message); break;
        }
    }

    /// <summary>Of a seat; the sender is the seat itself, or its node where there is no seat yet.</summary>
    private void OnWord(object message)
    {
        if (SeatOf(Sender) is not { } seat) return;
        seat.HeardAt = _time.GetTimestamp();
        switch (message)
        {
            case SeatJoined joined when joined.Generation == _generation: OnJoined(seat, joined); break;
            case SeatRefused refused when refused.Generation == _generation && _state is State.Gathering or State.Gathered: OnRefused(seat, refused.Reason); break;
            case SeatAlive alive: OnAlive(seat, alive); break;
            case SeatEmpty when _state is State.Attaching or State.Running: Lose(seat, "its process has begun anew"); break;
            case SeatSaid said when said.Generation == _generation: OnSaid(seat, said); break;
        }
    }

    private Seat? SeatOf(IActorRef sender)
    {
        foreach (var seat in _seats)
        {
            if (Equals(seat.Ref, sender)) return seat;
        }

        // A seat is a child of its node: its first word makes it known.
        foreach (var seat in _seats)
        {
            var node = seat.Node.Node.Path;
            if (sender.Path.Equals(node) || sender.Path.Parent.Equals(node)) return seat;
        }

        return null;
    }

    private void OnJoined(Seat seat, SeatJoined joined)
    {
        if (_state != State.Gathering) return;
        Know(seat);
        seat.Joined = joined;
        if (_seats.Any(s => s.Joined is null)) return;
        _state = State.Gathered;
        _experiment.Tell(new Gathered(_generation, [.. _seats.Select(s => new SeatPlace(s.Node.Name, s.Own))], [.. _seats.Select(s => s.Joined!.State)]));
    }

    private void Know(Seat seat)
    {
        if (seat.Ref is not null) return;
        seat.Ref = Context.Watch(Sender);
    }

    private void OnRefused(Seat seat, string reason)
    {
        _refused = true;
        Lose(seat, reason);
    }

    private void OnBegin(GenerationStart start)
    {
        if (_state != State.Gathered) return;
        string key = _seats.Length == 1 ? "" : Convert.ToBase64String(RandomNumberGenerator.GetBytes(32));
        var members = _seats.Select(seat => new TeamMember(seat.Own, seat.Joined!.Endpoint)).ToImmutableArray();
        foreach (var seat in _seats)
        {
            var team = new Team(_definition.Name, _generation, start.From.Step, start.StateHash ?? start.Source?.ToString() ?? "", _definition.ConfigurationHash,
                _definition.Fingerprint, _definition.LogicalShards, members, seat.Rank, key);
            seat.Ref!.Tell(new TrainerProtocol.StartTraining(start, team));
        }

        _state = State.Running;
    }

    private void OnAlive(Seat seat, SeatAlive alive)
    {
        if (_state == State.Gathered || _state == State.Gathering) return;
        if (alive.Generation != _generation)
        {
            if (_state == State.Attaching || alive.Generation > _generation) Lose(seat, $"it is in generation {alive.Generation}");
            return;
        }

        Know(seat);
        seat.Attached = true;
        if (_state != State.Attaching || !_seats.All(s => s.Attached)) return;
        _state = State.Running;
        _experiment.Tell(new Reattached(_generation));
    }

    /// <summary>In order and without gaps; what is missing is said again after the next beat.</summary>
    private void OnSaid(Seat seat, SeatSaid said)
    {
        if (said.Number != seat.Heard + 1) return;
        Know(seat);
        seat.Heard++;
        switch (said.Word)
        {
            case TrainerProtocol.TrainingInterrupted interrupted:
                _log.Warning("{Node}: {Reason}", seat.Node.Name, interrupted.Reason);
                Settle(interrupted.Reason);
                break;
            case TrainerProtocol.TrainingBroken broken: Settle(broken.Reason); break;
            case TrainerProtocol.TrainingStopped stopped: OnStopped(seat, stopped); break;
            // Of what all say alike, one word is enough.
            case TrainerProtocol.TrainingStarted or TrainerProtocol.TrainingFinished when seat.Rank > 0: break;
            case TrainerProtocol.VerdictNeeded needed: _experiment.Tell(needed, seat.Ref!); break;
            default: _experiment.Tell(said.Word); break;
        }
    }

    private void OnStopped(Seat seat, TrainerProtocol.TrainingStopped stopped)
    {
        _stopped[seat.Rank] = stopped;
        if (_stopped.Count == _seats.Length) _experiment.Tell(new GenerationStopped(_generation, stopped.Step, stopped.Request));
    }

    private void ToAll(TrainerProtocol.ICommand command)
    {
        foreach (var seat in _seats) seat.Ref?.Tell(command);
    }

    private void OnTick()
    {
        foreach (var seat in _seats)
        {
            if (_state is not (State.Gathered or State.Settling) && _time.GetElapsedTime(seat.HeardAt) > Patience)
            {
                Lose(seat, $"it has not been heard of for {Patience.TotalSeconds:0} s");
                return;
            }

            if (_state is State.Running or State.Attaching) Attach(seat);
        }
    }

    private void Attach(Seat seat) => (seat.Ref ?? seat.Node.Node).Tell(new AttachToSeat(_definition.Name, _generation, seat.Heard));

    private void Lose(Seat seat, string reason)
    {
        if (!_lost.TryAdd(seat.Node.Name, reason)) return;
        _log.Warning("Generation {Generation} of {Experiment} loses {Node}: {Reason}", _generation, _definition.Name, seat.Node.Name, reason);
        Settle($"{seat.Node.Name}: {reason}");
    }

    private void Settle(string reason)
    {
        _reason ??= reason;
        if (_state == State.Settling) return;
        bool quick = _seats.Length == 1 || _state is State.Gathering or State.Gathered;
        (_state, _badNewsAt) = (State.Settling, _time.GetTimestamp());
        foreach (var seat in _seats.Where(seat => !_lost.ContainsKey(seat.Node.Name))) Attach(seat);
        if (quick) Self.Tell(Settled.Instance);
        else Timers.StartSingleTimer("settled", Settled.Instance, Settling);
    }

    private void Break()
    {
        foreach (var seat in _seats.Where(seat => _seats.Length > 1 && !_refused && seat.HeardAt < _badNewsAt)) _lost.TryAdd(seat.Node.Name, "it does not answer");
        _experiment.Tell(new GenerationBroken(_generation, _lost.ToImmutableDictionary(), _reason ?? "", _refused));
        Context.Stop(Self);
    }

    private sealed class Seat(int rank, CrewNode node, ShardRange own)
    {
        public int Rank => rank;
        public CrewNode Node => node;
        public ShardRange Own => own;
        public IActorRef? Ref { get; set; }
        public SeatJoined? Joined { get; set; }
        public bool Attached { get; set; }
        public long Heard { get; set; }
        public long HeardAt { get; set; }
    }

    private sealed record Tick : INoSerializationVerificationNeeded
    {
        public static Tick Instance { get; } = new();
    }

    private sealed record Settled : INoSerializationVerificationNeeded
    {
        public static Settled Instance { get; } = new();
    }
}
