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
/// they say, and notices when one is gone. What follows from what is <see cref="GenerationLead"/>'s; here are the addresses, the clock and the timers.
/// </summary>
public sealed class GenerationActor : UntypedActor, IWithTimers
{
    private readonly ExperimentDefinition _definition;
    private readonly TimeProvider _time;
    private readonly long _begun;
    private readonly ImmutableArray<CrewNode> _nodes;
    private readonly IActorRef?[] _seats;
    private readonly GenerationLead _lead;
    private readonly bool _attach;
    private readonly IActorRef _experiment = Context.Parent;
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private object? _word;
    private string? _trace;

    /// <param name="attach">The generation is thought to be running: find it instead of beginning it.</param>
    public GenerationActor(ExperimentDefinition definition, Generation generation, ImmutableArray<(CrewNode Node, ShardRange Own)> seats, bool attach, TimeProvider time)
    {
        (_definition, _time, _begun, _attach) = (definition, time, time.GetTimestamp(), attach);
        (_nodes, _seats) = ([.. seats.Select(seat => seat.Node)], new IActorRef?[seats.Length]);
        _lead = new(definition, generation, [.. seats.Select(seat => new SeatPlace(seat.Node.Name, seat.Own))], attach);
    }

    public static Props Props(ExperimentDefinition definition, Generation generation, ImmutableArray<(CrewNode Node, ShardRange Own)> seats, bool attach, TimeProvider time) =>
        Akka.Actor.Props.Create(() => new GenerationActor(definition, generation, seats, attach, time));

    public ITimerScheduler Timers { get; set; } = null!;

    private TimeSpan Now => _time.GetElapsedTime(_begun);

    protected override void PreStart()
    {
        Timers.StartPeriodicTimer("beat", Tick.Instance, _attach ? TimeSpan.Zero : GenerationLead.Beat, GenerationLead.Beat);
        Do(_lead.Open());
    }

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case IFromSeat word: OnWord(word); break;
            case Begin begin:
                _trace = begin.Trace;
                Do(_lead.Begin(begin.Start, NewKey(), Now));
                break;
            case Tick: Do(_lead.Tick(Now)); break;
            case Settled: Do(_lead.Settled()); break;
            case CrewNodeLost lost: Do(_lead.NodeLost(lost.Name, Now)); break;
            case ToTrainer word: word.Trainer.Tell(word.Command); break;
            case RequestAfterStep wanted: Do(_lead.Request(wanted.Request)); break;
            case Terminated terminated when Array.IndexOf(_seats, terminated.ActorRef) is >= 0 and var rank: Do(_lead.SeatGone(rank, Now)); break;
            case Terminated: break;
            default: Unhandled(message); break;
        }
    }

    /// <summary>Of a seat; the sender is the seat itself, or its node where there is no seat yet.</summary>
    private void OnWord(IFromSeat message)
    {
        if (RankOf(Sender, message.Seat) is not { } rank) return;
        _word = (message as SeatSaid)?.Word;
        Do(message switch
        {
            SeatJoined joined => _lead.Joined(rank, joined.Generation, joined.Endpoint, joined.State, Now),
            SeatRefused refused => _lead.Refused(rank, refused.Generation, refused.Reason, Now),
            SeatAlive alive => _lead.Alive(rank, alive.Generation, Now),
            SeatEmpty => _lead.Empty(rank, Now),
            SeatSaid said => _lead.Said(rank, said.Generation, said.Number, NewsOf(said), Now),
            _ => _lead.Heard(rank, Now),
        });
    }

    private int? RankOf(IActorRef sender, int seat)
    {
        if (Array.IndexOf(_seats, sender) is >= 0 and var known) return known;
        // A seat is a child of its node: its first word makes it known.
        for (int rank = 0; rank < _nodes.Length; rank++)
        {
            var node = _nodes[rank].Node.Path;
            if (_nodes[rank].Seat == seat && (sender.Path.Equals(node) || sender.Path.Parent.Equals(node))) return rank;
        }

        return null;
    }

    private static SeatNews NewsOf(SeatSaid said) => said.Word switch
    {
        TrainerProtocol.TrainingInterrupted interrupted => new SeatNews.Interrupted(interrupted.Reason),
        TrainerProtocol.TrainingBroken broken => new SeatNews.BrokenDown(broken.Reason),
        TrainerProtocol.TrainingStopped stopped => new SeatNews.Stopped(stopped.Step, stopped.Request),
        TrainerProtocol.TrainingStarted or TrainerProtocol.TrainingFinished => new SeatNews.SaidByAll(),
        _ => new SeatNews.ForExperiment(),
    };

    private void Do(IReadOnlyList<GenerationEffect> effects)
    {
        foreach (var effect in effects) Do(effect);
    }

    private void Do(GenerationEffect effect)
    {
        switch (effect)
        {
            case GenerationEffect.Join join: _nodes[join.Rank].Node.Tell(new JoinGeneration(_definition.Name, _lead.Generation, _definition, _nodes[join.Rank].Seat)); break;
            case GenerationEffect.Meet meet: _seats[meet.Rank] = Context.Watch(Sender); break;
            case GenerationEffect.Attach attach: (_seats[attach.Rank] ?? _nodes[attach.Rank].Node).Tell(new AttachToSeat(_definition.Name, _lead.Generation, attach.Heard, _nodes[attach.Rank].Seat)); break;
            case GenerationEffect.Start start: _seats[start.Rank]!.Tell(new TrainerProtocol.StartTraining(start.From, start.Team, _trace)); break;
            case GenerationEffect.Ask ask: _seats[ask.Rank]!.Tell(new TrainerProtocol.RequestAfterStep(_lead.Generation, ask.Wanted)); break;
            case GenerationEffect.HandOn: HandOn(_word!); break;
            case GenerationEffect.Gathered gathered: _experiment.Tell(new Gathered(_lead.Generation, gathered.Seats, gathered.States)); break;
            case GenerationEffect.Reattached: _experiment.Tell(new Reattached(_lead.Generation)); break;
            case GenerationEffect.AllStopped stopped: _experiment.Tell(new GenerationStopped(_lead.Generation, stopped.Step, stopped.Request)); break;
            case GenerationEffect.BadNews news: _log.Warning("{Node}: {Reason}", _nodes[news.Rank].Name, news.Reason); break;
            case GenerationEffect.LoseSeat lost: _log.Warning("Generation {Generation} of {Experiment} loses {Node}: {Reason}", _lead.Generation, _definition.Name, _nodes[lost.Rank].Name, lost.Reason); break;
            case GenerationEffect.Settle { Delay.Ticks: 0 }: Self.Tell(Settled.Instance); break;
            case GenerationEffect.Settle settle: Timers.StartSingleTimer("settled", Settled.Instance, settle.Delay); break;
            case GenerationEffect.Broken broken:
                _experiment.Tell(new GenerationBroken(_lead.Generation, broken.Lost, broken.Reason, broken.Refused));
                Context.Stop(Self);
                break;
        }
    }

    /// <summary>The sender of a question is the seat, for the answer.</summary>
    private void HandOn(object word)
    {
        if (word is TrainerProtocol.VerdictNeeded) _experiment.Tell(word, Sender);
        else _experiment.Tell(word);
    }

    private string NewKey() => _nodes.Length == 1 ? "" : Convert.ToBase64String(RandomNumberGenerator.GetBytes(32));

    private sealed record Tick : INoSerializationVerificationNeeded
    {
        public static Tick Instance { get; } = new();
    }

    private sealed record Settled : INoSerializationVerificationNeeded
    {
        public static Settled Instance { get; } = new();
    }
}
