using ActorTrainer.Actors.Experiments;
using ActorTrainer.Actors.Tests.Fakes;
using ActorTrainer.Core.Experiments;
using Akka.Actor;
using Akka.Configuration;
using Akka.TestKit.TestActors;
using Akka.TestKit.Xunit2;
using static ActorTrainer.Actors.Experiments.ExperimentProtocol;
using static ActorTrainer.Core.Experiments.ExperimentEvents;

namespace ActorTrainer.Actors.Tests.Experiments;

/// <summary>An experiment whose journal goes away and comes back, or becomes another coordinator's.</summary>
public sealed class ExperimentSupervisorActorSpec : TestKit
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(20), Patience = TimeSpan.FromMinutes(1);

    public ExperimentSupervisorActorSpec() : base(ConfigurationFactory.ParseString(FailingJournal.Configuration).WithFallback(ActorSpec.Configuration))
    {
        foreach (var type in new[] { typeof(ExperimentChanged), typeof(ExperimentEnded), typeof(ExperimentWaits), typeof(ExperimentTakenOver) })
            Sys.EventStream.Subscribe(TestActor, type);
    }

    [Fact]
    public void A_journal_that_goes_away_and_comes_back_loses_nothing()
    {
        var world = new World(Some.Plan(epochs: 3));
        using var gate = new ManualResetEventSlim();
        world.Engine.Break = step =>
        {
            if (step.Value == 6) gate.Wait(Deadline);      // the journal must be gone before all is done
            return null;
        };
        Start(world, Patience);
        FishForMessage(message => message is ExperimentChanged { Happened: CheckpointCommitted }, Deadline);
        FailingJournal.GoAway(Sys);
        gate.Set();
        var waits = (ExperimentWaits)FishForMessage(message => message is ExperimentWaits, Deadline);
        Assert.Contains("the server is away", waits.Reason, StringComparison.Ordinal);
        FailingJournal.GoAway(Sys, away: false);

        var ended = ((ExperimentEnded)FishForMessage(message => message is ExperimentEnded, Deadline)).Experiment;

        Assert.Equal(ExperimentStatus.Completed, ended.Status);
        Assert.Equal(FakeEngine.Expected(world.Plan), FakeEngine.WeightOf(world.Store.Read(ended.Newest!.Id).State));
        Assert.Equal(Enumerable.Range(1, 12).Select(i => (long)i), world.Steps.Steps);
        Assert.Equal([4, 8, 12], ended.Evaluations.Select(row => row.Step.Value));
    }

    [Fact]
    public void A_journal_that_is_away_from_the_start_is_waited_for()
    {
        FailingJournal.GoAway(Sys);
        Start(new World(Some.Plan(epochs: 1)), Patience);
        ExpectMsg<ExperimentWaits>(Deadline);
        FailingJournal.GoAway(Sys, away: false);
        Assert.Equal(ExperimentStatus.Completed, ((ExperimentEnded)FishForMessage(message => message is ExperimentEnded, Deadline)).Experiment.Status);
    }

    [Fact]
    public void When_patience_ends_it_stops()
    {
        FailingJournal.GoAway(Sys);
        var supervisor = Watch(Start(new World(Some.Plan(epochs: 1)), TimeSpan.FromMilliseconds(800)));
        ExpectMsg<ExperimentWaits>(Deadline);
        ExpectTerminated(supervisor, Deadline);
    }

    [Fact]
    public void A_pause_while_the_journal_is_away_is_not_kept_waiting()
    {
        FailingJournal.GoAway(Sys);
        var supervisor = Watch(Start(new World(Some.Plan(epochs: 1)), Patience));
        ExpectMsg<ExperimentWaits>(Deadline);
        supervisor.Tell(new PauseExperiment());
        ExpectTerminated(supervisor, Deadline);
    }

    [Fact]
    public void A_cancel_while_the_journal_is_away_is_journalled_when_it_is_back()
    {
        FailingJournal.GoAway(Sys);
        var supervisor = Start(new World(Some.Plan(epochs: 1)), Patience);
        ExpectMsg<ExperimentWaits>(Deadline);
        supervisor.Tell(new CancelExperiment());
        FailingJournal.GoAway(Sys, away: false);
        Assert.Equal(ExperimentStatus.Cancelled, ((ExperimentEnded)FishForMessage(message => message is ExperimentEnded, Deadline)).Experiment.Status);
    }

    [Fact]
    public void Whoever_was_taken_over_stops_instead_of_taking_back()
    {
        var world = new World(Some.Plan(epochs: 3));
        using var gate = new ManualResetEventSlim();
        world.Engine.Break = step =>
        {
            if (step.Value == 6) gate.Wait(Deadline);
            return null;
        };
        var old = Watch(Start(world, Patience));
        FishForMessage(message => message is ExperimentChanged { Happened: CheckpointCommitted }, Deadline);
        Sys.ActorOf(ExperimentSupervisorActor.Props(world.Parts(Sys.ActorOf(BlackHoleActor.Props)), Patience));
        var took = (ExperimentChanged)FishForMessage(message => message is ExperimentChanged { Happened: CoordinatorTook }, Deadline);
        gate.Set();

        var taken = (ExperimentTakenOver)FishForMessage(message => message is ExperimentTakenOver, Deadline);

        Assert.Equal(((CoordinatorTook)took.Happened).Incarnation, taken.By);
        FishForMessage(message => message is Terminated terminated && terminated.ActorRef.Equals(old), Deadline);
    }

    private IActorRef Start(World world, TimeSpan patience) => Sys.ActorOf(ExperimentSupervisorActor.Props(world.Parts(world.Crew(Sys)), patience));
}
