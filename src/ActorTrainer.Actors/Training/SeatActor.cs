using ActorTrainer.Actors.Checkpoints;
using ActorTrainer.Actors.Hosting;
using ActorTrainer.Actors.Serialization;
using ActorTrainer.Core.Experiments;
using ActorTrainer.Core.Experiments.Placement;
using Akka.Actor;
using Akka.Event;
using static ActorTrainer.Actors.Training.SeatProtocol;
using Effect = ActorTrainer.Core.Experiments.Placement.SeatEffect<Akka.Actor.IActorRef, ActorTrainer.Actors.Serialization.IWireMessage>;

namespace ActorTrainer.Actors.Training;

/// <summary>
/// One experiment's place on this device. Owns the trainer, and breaks generations off: an exchange that blocks the device's thread is ended from here.
/// Which generation is joined, refused or heard is <see cref="Seat{TPeer, TWord}"/>'s.
/// </summary>
public sealed class SeatActor : UntypedActor
{
    private readonly ExperimentName _name;
    private readonly TrainerParts _parts;
    private readonly int _number;
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly Seat<IActorRef, IWireMessage> _seat = new(
        ActorRefs.Nobody, (generation, reason) => new TrainerProtocol.TrainingBroken(generation, reason),
        word => word is CheckpointWriterProtocol.CheckpointWritten { Due.IsSpare: true });
    private CancellationTokenSource _abort = new();
    private IActorRef? _trainer;
    private Exception? _breakdown;
    private int _trainers;

    public SeatActor(ExperimentName name, TrainerParts parts, int number) => (_name, _parts, _number) = (name, parts, number);

    /// <param name="number">Of the seat at its node.</param>
    public static Props Props(ExperimentName name, TrainerParts parts, int number) => Akka.Actor.Props.Create(() => new SeatActor(name, parts, number));

    protected override SupervisorStrategy SupervisorStrategy() => new OneForOneStrategy(reason =>
    {
        _breakdown = reason;
        return Directive.Stop;
    });

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case JoinGeneration join: Do(_seat.Join(join.Generation, Context.Watch(Sender))); break;
            case TrainerProtocol.StateHeld held: Do(_seat.StateHeld(held.State)); break;
            case TrainerProtocol.StartTraining start: Do(_seat.Start(start.Generation, Sender), start); break;
            case AttachToSeat attach: Do(_seat.Attach(attach.Generation, attach.Heard, Context.Watch(Sender))); break;
            case TrainerProtocol.ICommand command: _trainer?.Tell(command); break;
            case Terminated terminated when Equals(terminated.ActorRef, _trainer): OnBroken(); break;
            case Terminated leader: Do(_seat.LeaderGone(leader.ActorRef)); break;
            case IWireMessage word when Sender.Path.Parent.Equals(Self.Path) || Sender.Path.Parent.Parent.Equals(Self.Path):
                Do(_seat.Say(word, (word as TrainerProtocol.INotification)?.Generation));
                break;
            default: Unhandled(message); break;
        }
    }

    private void OnBroken()
    {
        _trainer = null;
        _log.Error(_breakdown, "The trainer of {Experiment} broke down in generation {Generation}", _name, _seat.Generation);
        string reason = _breakdown?.Message ?? "it stopped";
        _breakdown = null;
        Do(_seat.TrainerStopped(reason));
    }

    /// <param name="order">What the effects come from, where it is one.</param>
    private void Do(IReadOnlyList<SeatEffect<IActorRef, IWireMessage>> effects, TrainerProtocol.StartTraining? order = null)
    {
        foreach (var effect in effects)
        {
            switch (effect)
            {
                case Effect.BreakOff: _abort.Cancel(); break;
                case Effect.OpenTrainer: _trainer = Context.Watch(Context.ActorOf(TrainerActor.Props(_parts, Self).WithDispatcher(DeviceDispatchers.Of(_number)), $"trainer-{++_trainers}")); break;
                case Effect.AskState: _trainer!.Tell(new TrainerProtocol.SayState()); break;
                case Effect.Join join: join.To.Tell(new SeatJoined(join.Generation, _parts.Exchanges.Endpoint, join.State, _number)); break;
                case Effect.Refuse refuse: refuse.To.Tell(new SeatRefused(refuse.Generation, refuse.Reason, _number)); break;
                case Effect.Train: Train(order!); break;
                case Effect.Say say: say.To.Tell(new SeatSaid(say.Generation, say.Number, say.Word, _number)); break;
                case Effect.HoldCheckpoints hold: Hold(hold.Held); break;
                case Effect.Answer answer: answer.To.Tell(new SeatAlive(answer.Generation, answer.Said, _number)); break;
            }
        }
    }

    private void Hold(bool held)
    {
        if (held) _log.Warning("Nobody has led the training of {Experiment} for long: until somebody does, only checkpoints that evaluations rest on are written", _name);
        _trainer?.Tell(new TrainerProtocol.HoldCheckpoints(held));
    }

    private void Train(TrainerProtocol.StartTraining order)
    {
        _abort = new();
        _trainer!.Tell(new TrainerProtocol.BeginTraining(order, _abort.Token));
    }

    protected override void PostStop() => _abort.Cancel();
}
