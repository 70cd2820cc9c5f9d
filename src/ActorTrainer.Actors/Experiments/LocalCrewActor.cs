using System.Collections.Immutable;
using ActorTrainer.Core.Experiments.Placement;
using Akka.Actor;
using static ActorTrainer.Actors.Experiments.CrewProtocol;

namespace ActorTrainer.Actors.Experiments;

/// <summary>The crew of a process that is the whole cluster: one node, which does everything, with a seat for each of its devices.</summary>
public sealed class LocalCrewActor : UntypedActor
{
    private readonly ImmutableArray<CrewNode> _seats;

    /// <summary>As a seat of this process is called in the journal.</summary>
    public const string NodeName = "local";

    public LocalCrewActor(IActorRef node, int seats) => _seats = [.. Enumerable.Range(0, seats).Select(seat => new CrewNode(SeatName.Of(NodeName, seat), node))];

    public static Props Props(IActorRef node, int seats = 1) => Akka.Actor.Props.Create(() => new LocalCrewActor(node, seats));

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case RequestSeats request: Sender.Tell(new SeatsGranted([.. _seats.Take(request.Max)])); break;
            case FindNodes find: Sender.Tell(new NodesFound([.. _seats.Where(seat => find.Names.Contains(seat.Name))])); break;     // in another process its seat is empty
            case RequestEvaluator: Sender.Tell(new EvaluatorFound(_seats[0])); break;
            case SeatFailed or ReleaseSeats: break;
            default: Unhandled(message); break;
        }
    }
}
