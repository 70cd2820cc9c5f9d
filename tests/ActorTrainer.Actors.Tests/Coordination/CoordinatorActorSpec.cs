using System.Collections.Immutable;
using ActorTrainer.Actors.Coordination;
using ActorTrainer.Actors.Tests.Fakes;
using ActorTrainer.Core.Experiments;
using Akka.Actor;
using Akka.Configuration;
using Akka.TestKit.Xunit2;
using static ActorTrainer.Actors.Coordination.CoordinatorProtocol;
using static ActorTrainer.Core.Experiments.ExperimentEvents;

namespace ActorTrainer.Actors.Tests.Coordination;

/// <summary>What is wished of experiments that nobody trains.</summary>
public sealed class CoordinatorActorSpec : TestKit
{
    private static readonly ExperimentName Name = new("some");
    private static readonly DateTimeOffset At = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private readonly Desk _desk = new();
    private IActorRef _coordinator;

    public CoordinatorActorSpec() : base(ConfigurationFactory.ParseString("akka { actor.provider = cluster, remote.dot-netty.tcp { hostname = 127.0.0.1, port = 0 } }").WithFallback(ActorSpec.Configuration)) =>
        _coordinator = Sys.ActorOf(CoordinatorActor.Props(_desk, TimeProvider.System));

    [Fact]
    public void One_that_is_paused_is_given_up_and_pausing_it_again_changes_nothing()
    {
        _desk.History = [new ExperimentPaused(new(4), At)];
        Tell(Wish.Pause);
        ExpectMsg<Accepted>();
        Tell(Wish.Cancel);
        ExpectMsg<Accepted>();
        Assert.Equal(["gives up"], _desk.Done);
    }

    [Fact]
    public void One_that_has_failed_is_given_up()
    {
        _desk.History = [new ExperimentFailed("the disk is full", At)];
        Tell(Wish.Cancel);
        ExpectMsg<Accepted>();
        Tell(Wish.Pause);
        Assert.Contains("is failed, not under way", ExpectMsg<Rejected>().Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void What_has_ended_for_good_can_be_removed_and_nothing_else()
    {
        _desk.History = [new ExperimentCancelled(At)];
        foreach (var wish in new[] { Wish.Pause, Wish.Cancel, Wish.Resume })
        {
            Tell(wish);
            ExpectMsg<Rejected>();
        }

        Tell(Wish.Remove);
        ExpectMsg<Accepted>();
        Assert.Equal(["removes"], _desk.Done);
    }

    [Fact]
    public void Why_it_can_not_be_is_handed_on()
    {
        _desk.History = [new ExperimentPaused(new(4), At)];
        _desk.Refusal = "it is being trained by process 7";
        Tell(Wish.Cancel);
        Assert.Equal(_desk.Refusal, ExpectMsg<Rejected>().Reason);
    }

    [Fact]
    public void Nobody_waits_for_one_that_is_being_removed_and_it_is_not_begun_meanwhile()
    {
        _desk.History = [new ExperimentPaused(new(4), At)];
        using var gate = new ManualResetEventSlim();
        _desk.Gate = gate;
        Tell(Wish.Remove);
        _coordinator.Tell(new DescribeCluster(), TestActor);
        ExpectMsg<ClusterDescribed>();
        Tell(Wish.Resume);
        Assert.Contains("is being given up or removed", ExpectMsg<Rejected>().Reason, StringComparison.Ordinal);
        gate.Set();
        ExpectMsg<Accepted>();
    }

    [Fact]
    public void Pruning_says_what_went_or_why_it_can_not_be()
    {
        _coordinator.Tell(new PruneRuns(Apply: true), TestActor);
        Assert.Equal(new PrunedItem("something", 7), Assert.Single(ExpectMsg<Pruned>().Items));
        _desk.Refusal = "the disk is away";
        _coordinator.Tell(new PruneRuns(Apply: false), TestActor);
        Assert.Equal(_desk.Refusal, ExpectMsg<Rejected>().Reason);
        Assert.Equal(["prunes"], _desk.Done);
    }

    [Fact]
    public void A_look_that_ends_meanwhile_does_not_end_the_pruning()
    {
        _desk.History = [new ExperimentPaused(new(4), At)];
        using ManualResetEventSlim look = new(), apply = new();
        _desk.Gate = look;
        _coordinator.Tell(new PruneRuns(Apply: false), TestActor);
        AwaitCondition(() => _desk.Waiting == 1, TimeSpan.FromSeconds(10));
        _desk.Gate = apply;
        _coordinator.Tell(new PruneRuns(Apply: true), TestActor);
        AwaitCondition(() => _desk.Waiting == 2, TimeSpan.FromSeconds(10));
        look.Set();
        ExpectMsg<Pruned>();
        Tell(Wish.Resume);
        Assert.Contains("being given up or removed", ExpectMsg<Rejected>().Reason, StringComparison.Ordinal);
        apply.Set();
        ExpectMsg<Pruned>();
    }

    [Fact]
    public void A_pause_that_its_coordinator_did_not_live_to_note_stays_one()
    {
        _desk.History = [new ExperimentPaused(new(4), At)];
        Tell(Wish.Resume);
        ExpectMsg<Accepted>();
        Assert.Equal(Name, Assert.Single(Successor()));
        _desk.History = [.. _desk.History, new ExperimentPaused(new(8), At)];
        Assert.Empty(Successor());
        Assert.Empty(Successor());      // and it is written now
    }

    /// <summary>What is under way as the next coordinator has it.</summary>
    private ImmutableArray<ExperimentName> Successor()
    {
        Watch(_coordinator);
        Sys.Stop(_coordinator);
        ExpectTerminated(_coordinator);
        _coordinator = Sys.ActorOf(CoordinatorActor.Props(_desk, TimeProvider.System));
        // Wishes are heard when it has taken up what is under way.
        _coordinator.Tell(new ControlExperiment(new("another"), Wish.Remove), TestActor);
        ExpectMsg<Rejected>();
        _coordinator.Tell(new DescribeCluster(), TestActor);
        return ExpectMsg<ClusterDescribed>().Experiments;
    }

    private void Tell(Wish wish) => _coordinator.Tell(new ControlExperiment(Name, wish), TestActor);

    private sealed class Desk : IExperimentDesk
    {
        public ImmutableArray<IExperimentEvent> History { get; set; } = [];
        public string? Refusal { get; set; }
        public ManualResetEventSlim? Gate { get; set; }
        public int Waiting { get; private set; }
        public List<string> Done { get; } = [];

        public Experiment? Earlier(ExperimentName name) => name != Name ? null : Experiment.Of([new ExperimentCreated(Some.Definition(Some.Plan()), At), .. History]);

        public string? GiveUp(ExperimentName name) => Do("gives up");
        public string? Remove(ExperimentName name) => Do("removes");

        public ImmutableArray<PrunedItem> Prune(bool apply, IReadOnlySet<ExperimentName> busy) =>
            Do(apply ? "prunes" : "looks") is { } refusal ? throw new IOException(refusal) : [new("something", 7)];

        public ExperimentName NameOf(string configuration) => throw new NotSupportedException();
        public string? ConflictWith(ExperimentDefinition earlier, ExperimentDefinition resolved, bool acceptMachine) => throw new NotSupportedException();
        public ExperimentDefinition Settle(ExperimentDefinition resolved, ExperimentDefinition? earlier) => throw new NotSupportedException();
        public OpenedExperiment Open(ExperimentDefinition definition, IActorRef crew) => throw new IOException("The disk is away.");

        private string? Do(string what)
        {
            Waiting++;
            Gate?.Wait();
            if (Refusal is null) Done.Add(what);
            return Refusal;
        }
    }
}
