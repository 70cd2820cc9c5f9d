using ActorTrainer.Actors.Tests.Fakes;
using ActorTrainer.Actors.Training;
using ActorTrainer.Core.Experiments;
using ActorTrainer.Core.Experiments.Placement;
using ActorTrainer.Core.Gradients;
using ActorTrainer.Core.Models;
using ActorTrainer.Core.Training;
using Akka.Actor;
using Akka.TestKit.Xunit2;
using static ActorTrainer.Actors.Training.TrainerProtocol;

namespace ActorTrainer.Actors.Tests.Training;

/// <summary>A trainer whose seat is the test.</summary>
public sealed class TrainerActorSpec : TestKit
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    public TrainerActorSpec() : base(ActorSpec.Configuration)
    {
    }

    /// <summary>It waits for the phase's first batch when its generation is broken off.</summary>
    [Fact]
    public void Going_on_from_memory_at_a_phase_s_first_step_it_is_in_that_phase()
    {
        var world = new World(Some.Plan(epochs: 1, phases: 2));
        world.Engine.Break = step => step.Value == 5 && world.Engine.PhasesEntered != 1 ? new InvalidOperationException("a step of a phase that was not entered") : null;
        world.Data.Source.Hold = true;
        var trainer = Sys.ActorOf(TrainerActor.Props(world.Trainer, TestActor));
        trainer.Tell(new BeginTraining(new(new(TrainingCursor.Start, null, null), Team(1)), CancellationToken.None));
        for (int step = 1; step <= 4; step++)
        {
            AwaitCondition(() => world.Data.Source.Held > 0, Patience);
            world.Data.Source.Release(0);
        }

        var boundary = new TrainingCursor(1, 0, new(4), 1);
        LiveState? held = null;
        AwaitCondition(() =>
        {
            trainer.Tell(new SayState());
            held = FishForMessage<StateHeld>(_ => true, Patience).State;
            return held?.Cursor == boundary;
        }, Patience);
        world.Data.Source.Hold = false;
        trainer.Tell(new BeginTraining(new(new(boundary, null, held!.Hash), Team(2)), CancellationToken.None));

        FishForMessage<TrainingFinished>(finished => finished.Generation == new Generation(2), Patience);
        Assert.Equal(FakeEngine.Expected(world.Plan), FakeEngine.WeightOf(world.Store.Read(new(new(2), new(8))).State));
    }

    [Fact]
    public void A_verdict_that_does_not_come_is_asked_for_again_and_one_that_comes_twice_counts_once()
    {
        var world = new World(Some.Plan(epochs: 4, phases: 2, stopsEarly: true));
        var trainer = Sys.ActorOf(TrainerActor.Props(world.Trainer, TestActor));
        trainer.Tell(new BeginTraining(new(new(TrainingCursor.Start, null, null), Team(1)), CancellationToken.None));
        var needed = Needed();
        Assert.Equal(needed, Needed());     // nobody answered
        var verdict = new VerdictReached(needed.Phase, needed.EpochsDone, Stop: true);
        trainer.Tell(verdict);
        trainer.Tell(verdict);
        var next = Needed();
        Assert.Equal((1, needed.EpochsInPhase), (next.Phase, next.EpochsInPhase));
    }

    [Theory]
    [InlineData(2)]
    [InlineData(null)]
    public void A_disk_that_is_full_when_a_checkpoint_is_due_or_after_the_last_ends_it_with_the_reason(int? checkpointEvery)
    {
        var world = new World(Some.Plan(epochs: 1, checkpointEvery: checkpointEvery));
        bool IsFull() => checkpointEvery is not null || world.Store.List().Length > 0;
        var trainer = Sys.ActorOf(TrainerActor.Props(world.Trainer with { OpenSteps = () => new FullDisk(world.Steps, IsFull) }, TestActor));
        trainer.Tell(new BeginTraining(new(new(TrainingCursor.Start, null, null), Team(1)), CancellationToken.None));
        Assert.Equal("No space left on device", FishForMessage<TrainingFailed>(_ => true, Patience).Reason);
    }

    [Fact]
    public void A_state_that_can_t_be_taken_ends_it_with_the_reason()
    {
        var world = new World(Some.Plan());
        world.Engine.BreakOpening = new EngineException("the device is out of memory");
        var trainer = Sys.ActorOf(TrainerActor.Props(world.Trainer, TestActor));
        trainer.Tell(new BeginTraining(new(new(TrainingCursor.Start, null, null), Team(1)), CancellationToken.None));
        Assert.Equal("the device is out of memory", ExpectMsg<TrainingFailed>(Patience).Reason);
    }

    /// <summary>The next generation goes on from what trainers say that they hold.</summary>
    [Fact]
    public void A_trainer_that_took_a_checkpoint_s_state_and_did_not_meet_its_peers_holds_that_state()
    {
        var world = new World(Some.Plan());
        var (id, at) = (new CheckpointId(new(1), new(4)), new TrainingCursor(0, 4, new(4), 0));
        var state = new TrainingState(at, [new("w", TensorType.Int64, [], new byte[8])], []);
        world.Store.Write(new(id, state, Some.Model, "c0ffee"), CancellationToken.None);
        var trainer = Sys.ActorOf(TrainerActor.Props(world.Trainer with { Exchanges = new NobodyElse() }, TestActor));
        trainer.Tell(new BeginTraining(new(new(at, id, null), Team(2)), CancellationToken.None));
        Assert.Equal(at.Step, ExpectMsg<TrainingInterrupted>(Patience).Step);
        trainer.Tell(new SayState());
        Assert.Equal(new LiveState(at, StateHash.Of(state)), ExpectMsg<StateHeld>(Patience).State);
    }

    private sealed class NobodyElse : IExchangeFactory
    {
        public string? Endpoint => null;

        public IGradientExchange Connect(Team team, TrainingJob job, CancellationToken cancel) => throw new ExchangeFailedException(team.Rank, "nobody else is there");
    }

    /// <summary>Takes lines, and can't keep them.</summary>
    private sealed class FullDisk(IStepLog log, Func<bool> isFull) : IStepLog
    {
        public void Append(in StepRecord record) => log.Append(record);

        public void Flush(bool durable)
        {
            if (isFull()) throw new IOException("No space left on device");
        }

        public StepNumber CutBackTo(StepNumber step) => log.CutBackTo(step);

        public void Dispose() => log.Dispose();
    }

    private static Team Team(int generation) =>
        new(new("some"), new(generation), StepNumber.Zero, "", "c0ffee", "f1ngerpr1nt", 1, [new(ShardRange.All(1), null)], 0, "");

    private VerdictNeeded Needed() => (VerdictNeeded)FishForMessage(message => message is VerdictNeeded, TimeSpan.FromSeconds(20));
}
