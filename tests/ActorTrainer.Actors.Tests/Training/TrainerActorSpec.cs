using ActorTrainer.Actors.Tests.Fakes;
using ActorTrainer.Actors.Training;
using ActorTrainer.Core.Experiments;
using ActorTrainer.Core.Gradients;
using ActorTrainer.Core.Training;
using Akka.Actor;
using Akka.TestKit.Xunit2;
using static ActorTrainer.Actors.Training.TrainerProtocol;

namespace ActorTrainer.Actors.Tests.Training;

/// <summary>A trainer whose seat is the test.</summary>
public sealed class TrainerActorSpec() : TestKit(ActorSpec.Configuration)
{
    [Fact]
    public void A_verdict_that_does_not_come_is_asked_for_again_and_one_that_comes_twice_counts_once()
    {
        var world = new World(Some.Plan(epochs: 4, phases: 2, stopsEarly: true));
        var trainer = Sys.ActorOf(TrainerActor.Props(world.Trainer, TestActor));
        trainer.Tell(new BeginTraining(new(new(TrainingCursor.Start, null, null), Alone(world)), CancellationToken.None));
        var needed = Needed();
        Assert.Equal(needed, Needed());     // nobody answered
        var verdict = new VerdictReached(needed.Phase, needed.EpochsDone, Stop: true);
        trainer.Tell(verdict);
        trainer.Tell(verdict);
        var next = Needed();
        Assert.Equal((1, needed.EpochsInPhase), (next.Phase, next.EpochsInPhase));
    }

    private static Team Alone(World world) =>
        new(world.Definition.Name, new(1), StepNumber.Zero, "", "c0ffee", "f1ngerpr1nt", 1, [new(new(0, 1), null)], 0, "");

    private VerdictNeeded Needed() => (VerdictNeeded)FishForMessage(message => message is VerdictNeeded, TimeSpan.FromSeconds(20));
}
