using ActorTrainer.Actors.Experiments;
using ActorTrainer.Actors.Nodes;
using ActorTrainer.Actors.Tests.Fakes;
using ActorTrainer.Actors.Training;
using ActorTrainer.Core.Experiments;
using ActorTrainer.Core.Gradients;
using ActorTrainer.Core.Training;
using Akka.Actor;
using Akka.TestKit.Xunit2;
using static ActorTrainer.Actors.Training.SeatProtocol;

namespace ActorTrainer.Actors.Tests.Nodes;

/// <summary>A node with two devices: two seats of one experiment, each with its trainer and its thread.</summary>
public sealed class NodeActorSpec : TestKit
{
    private readonly World _world = new(Some.Plan());
    private readonly IActorRef _node;

    public NodeActorSpec() : base(ActorSpec.Configuration) => _node = Sys.ActorOf(NodeActor.Props(new PreparedWorkplace(_world.Work with { Trainers = [_world.Trainer, _world.Trainer] })));

    [Fact]
    public void It_says_how_many_seats_it_has()
    {
        _node.Tell(new NodeProtocol.DescribeNode(), TestActor);
        Assert.Equal(2, ExpectMsg<NodeProtocol.NodeDescribed>().Seats);
    }

    [Fact]
    public void Each_seat_joins_under_its_number_and_no_other_is_there()
    {
        var first = Join(0);
        var second = Join(1);
        Assert.NotEqual(first, second);

        _node.Tell(new JoinGeneration(_world.Definition.Name, new(1), _world.Definition, Seat: 2), TestActor);
        Assert.Equal(2, ExpectMsg<SeatRefused>().Seat);
        _node.Tell(new AttachToSeat(_world.Definition.Name, new(1), 0, Seat: 2), TestActor);
        Assert.Equal(2, ExpectMsg<SeatEmpty>().Seat);
    }

    [Fact]
    public void Two_seats_train_side_by_side_on_threads_of_their_own()
    {
        var threads = new HashSet<int>();
        var both = new Barrier(2);
        _world.Engine.Break = step =>
        {
            if (step.Value > 1) return null;
            lock (threads) threads.Add(Environment.CurrentManagedThreadId);
            // On one thread the second would never come while the first is here.
            return both.SignalAndWait(TimeSpan.FromSeconds(20)) ? null : new InvalidOperationException("alone");
        };
        foreach (int seat in (int[])[0, 1]) Start(Join(seat));

        AwaitCondition(() => { lock (threads) return threads.Count == 2; }, TimeSpan.FromSeconds(30));
    }

    [Fact]
    public void Closing_one_seat_leaves_the_other()
    {
        var (first, second) = (Join(0), Join(1));
        Watch(second);
        _node.Tell(new CloseSeat(_world.Definition.Name, Seat: 1));
        ExpectTerminated(second);

        _node.Tell(new AttachToSeat(_world.Definition.Name, new(1), 0), TestActor);
        Assert.Equal(0, ExpectMsg<SeatAlive>().Seat);
        Assert.Equal(first, LastSender);
    }

    [Fact]
    public void The_crew_of_one_process_gives_as_many_of_its_seats_as_are_wanted()
    {
        var crew = Sys.ActorOf(LocalCrewActor.Props(_node, seats: 3));
        crew.Tell(new CrewProtocol.RequestSeats(_world.Definition.Name, 1, 2), TestActor);
        Assert.Equal(["local", "local#1"], ExpectMsg<CrewProtocol.SeatsGranted>().Nodes.Select(node => node.Name));
        crew.Tell(new CrewProtocol.FindNodes(_world.Definition.Name, ["local#2", "local#3"]), TestActor);
        Assert.Equal(2, Assert.Single(ExpectMsg<CrewProtocol.NodesFound>().Nodes).Seat);
    }

    /// <summary>The seat.</summary>
    private IActorRef Join(int seat)
    {
        _node.Tell(new JoinGeneration(_world.Definition.Name, new(1), _world.Definition, seat), TestActor);
        Assert.Equal(seat, FishForMessage<SeatJoined>(_ => true, TimeSpan.FromSeconds(10)).Seat);
        return LastSender;
    }

    private void Start(IActorRef seat)
    {
        var team = new Team(_world.Definition.Name, new(1), StepNumber.Zero, "", "c0ffee", "f1ngerpr1nt", 1, [new(ShardRange.All(1), null)], 0, "");
        seat.Tell(new TrainerProtocol.StartTraining(new(TrainingCursor.Start, null, null), team), TestActor);
    }
}
