using Akka.Actor;
using static ActorTrainer.Actors.Experiments.CrewProtocol;

namespace ActorTrainer.Actors.Experiments;

/// <summary>The crew of a process that is the whole cluster: one node, which does everything.</summary>
public sealed class LocalCrewActor : UntypedActor
{
    private readonly CrewNode _node;

    /// <summary>As a seat of this process is called in the journal.</summary>
    public const string NodeName = "local";

    public LocalCrewActor(IActorRef node) => _node = new(NodeName, node);

    public static Props Props(IActorRef node) => Akka.Actor.Props.Create(() => new LocalCrewActor(node));

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case RequestSeats: Sender.Tell(new SeatsGranted([_node])); break;
            case FindNodes find: Sender.Tell(new NodesFound(find.Names.Contains(_node.Name) ? [_node] : [])); break;     // in another process its seat is empty
            case RequestEvaluator: Sender.Tell(new EvaluatorFound(_node)); break;
            case SeatFailed or ReleaseSeats: break;
            default: Unhandled(message); break;
        }
    }
}
