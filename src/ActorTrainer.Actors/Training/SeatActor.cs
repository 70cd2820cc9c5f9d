using ActorTrainer.Core.Experiments;
using ActorTrainer.Actors.Serialization;
using ActorTrainer.Actors.Nodes;
using Akka.Actor;
using Akka.Event;
using static ActorTrainer.Actors.Training.SeatProtocol;

namespace ActorTrainer.Actors.Training;

/// <summary>
/// One experiment's place on this device. Owns the trainer, keeps what it says until it was heard, and breaks generations off: an exchange that blocks
/// the device's thread is ended from here.
/// <code>
///   (empty) --JoinGeneration--> preparing --prepared--> [ ask the trainer for its state ] --SeatJoined--> waiting --StartTraining--> training
///                                                ^----------------------- JoinGeneration of a newer generation --------------------------'
/// </code>
/// </summary>
public sealed class SeatActor : UntypedActor
{
    private readonly ExperimentName _name;
    private readonly ExperimentWork _work;
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly List<IWireMessage> _said = [];
    private CancellationTokenSource _abort = new();
    private IActorRef _leader = ActorRefs.Nobody;
    private IActorRef? _trainer;
    private Exception? _breakdown;
    private Generation _generation, _joining;

    public SeatActor(ExperimentName name, ExperimentWork work) => (_name, _work) = (name, work);

    public static Props Props(ExperimentName name, ExperimentWork work) => Akka.Actor.Props.Create(() => new SeatActor(name, work));

    protected override SupervisorStrategy SupervisorStrategy() => new OneForOneStrategy(reason =>
    {
        _breakdown = reason;
        return Directive.Stop;
    });

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case JoinGeneration join: OnJoin(join); break;
            case TrainerProtocol.StateHeld held: OnState(held); break;
            case TrainerProtocol.StartTraining start: OnStart(start); break;
            case AttachToSeat attach: OnAttach(attach); break;
            case TrainerProtocol.ICommand command: _trainer?.Tell(command); break;
            case Terminated terminated when Equals(terminated.ActorRef, _trainer): OnBroken(); break;
            case Terminated: break;
            case IWireMessage word when Sender.Path.Parent.Equals(Self.Path) || Sender.Path.Parent.Parent.Equals(Self.Path): Say(word); break;
            default: Unhandled(message); break;
        }
    }

    private void OnJoin(JoinGeneration join)
    {
        if (join.Generation <= _generation)
        {
            Sender.Tell(new SeatRefused(join.Generation, $"generation {_generation} has begun here"));
            return;
        }

        (_leader, _joining) = (Sender, join.Generation);
        _abort.Cancel();
        if (_trainer is null)
        {
            _trainer = Context.Watch(Context.ActorOf(TrainerActor.Props(_work.Trainer, Self), $"trainer-{join.Generation}"));
            Joined(null);
        }
        else
        {
            _trainer.Tell(new TrainerProtocol.SayState());
        }
    }

    private void OnState(TrainerProtocol.StateHeld held)
    {
        if (_joining > _generation) Joined(held.State);
    }

    private void Joined(Core.Experiments.Placement.LiveState? state) =>
        _leader.Tell(new SeatJoined(_joining, _work.Trainer.Exchanges.Endpoint, state));

    private void OnStart(TrainerProtocol.StartTraining start)
    {
        if (start.Generation != _joining || start.Generation <= _generation) return;
        (_generation, _leader) = (start.Generation, Sender);
        _said.Clear();
        _abort = new();
        _trainer?.Tell(new TrainerProtocol.BeginTraining(start, _abort.Token));
        if (_trainer is null) OnBroken();
    }

    private void OnAttach(AttachToSeat attach)
    {
        if (attach.Generation == _generation)
        {
            _leader = Sender;
            for (long number = Math.Max(0, attach.Heard) + 1; number <= _said.Count; number++) Sender.Tell(new SeatSaid(_generation, number, _said[(int)number - 1]));
        }

        Sender.Tell(new SeatAlive(_generation, _said.Count));
    }

    private void Say(IWireMessage word)
    {
        if (word is TrainerProtocol.INotification notification && notification.Generation < _generation) return;
        _said.Add(word);
        _leader.Tell(new SeatSaid(_generation, _said.Count, word));
    }

    private void OnBroken()
    {
        _trainer = null;
        _log.Error(_breakdown, "The trainer of {Experiment} broke down in generation {Generation}", _name, _generation);
        string reason = _breakdown?.Message ?? "it stopped";
        _breakdown = null;
        if (_joining > _generation) _leader.Tell(new SeatRefused(_joining, reason));
        else Say(new TrainerProtocol.TrainingBroken(_generation, reason));
    }

    protected override void PostStop() => _abort.Cancel();
}
