using ActorTrainer.Actors.Experiments;
using ActorTrainer.Actors.Tests.Fakes;
using ActorTrainer.Actors.Training;
using ActorTrainer.Core.Experiments;
using Akka.Actor;
using Akka.TestKit.Xunit2;
using static ActorTrainer.Actors.Experiments.ExperimentProtocol;

namespace ActorTrainer.Actors.Tests.Experiments;

/// <summary>Pictures, then a head on features, then pictures: three phases of four steps an epoch, over five blocks.</summary>
public sealed class FeaturePhaseSpec : TestKit
{
    private const int Blocks = 5, StepsAnEpoch = 4;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    public FeaturePhaseSpec() : base(ActorSpec.Configuration)
    {
        foreach (var type in new[] { typeof(ExperimentEnded), typeof(TrainerProtocol.FeaturesProgress) }) Sys.EventStream.Subscribe(TestActor, type);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Each_block_is_computed_once_a_variant_and_every_step_of_the_phase_trains_on_them(int variants)
    {
        var world = new World(Some.Plan(epochs: 3, phases: 3).OnFeatures(1, variants));

        Assert.Equal(FakeEngine.Expected(world.Plan), Final(world));

        Assert.Equal((variants * Blocks, 3 * StepsAnEpoch), (world.Engine.BlocksComputed, world.Engine.StepsOnFeatures));
        Assert.Equal(2, world.Engine.PhasesEntered);
        AwaitCondition(() => world.Data.Source.Outstanding == 0 && world.Engine.SessionsOpen == 0);
    }

    [Fact]
    public void What_is_in_the_cache_is_not_computed()
    {
        var world = new World(Some.Plan(epochs: 2).OnFeatures(0, variants: 2));
        foreach (var block in new[] { new Core.Data.FeatureBlock(0, 1), new(1, 0), new(1, 4) }) world.Data.FeatureSource.Put(block);

        Assert.Equal(FakeEngine.Expected(world.Plan), Final(world));
        Assert.Equal(2 * Blocks - 3, world.Engine.BlocksComputed);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(6)]
    public void What_is_gone_when_a_batch_wants_it_is_computed_again(int load)
    {
        var world = new World(Some.Plan(epochs: 2).OnFeatures(0, variants: 1));
        world.Data.FeatureSource.ForgetAt = load;

        Assert.Equal(FakeEngine.Expected(world.Plan), Final(world));
        Assert.Equal(Blocks + 1, world.Engine.BlocksComputed);
    }

    [Fact]
    public void It_says_how_far_it_is()
    {
        Start(new World(Some.Plan(epochs: 1).OnFeatures(0, variants: 1)));
        var progress = FishForMessage<TrainerProtocol.FeaturesProgress>(_ => true, Patience);
        Assert.Equal((0, Blocks), (progress.Phase, progress.Blocks));
    }

    /// <summary>At the very start, and in the middle of a run: where no step comes in which the request could ride.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void A_pause_does_not_wait_for_the_features(int phase)
    {
        var world = new World(Some.Plan(epochs: 1, phases: phase + 1).OnFeatures(phase, variants: 1));
        using var reached = new ManualResetEventSlim();
        using var heard = new ManualResetEventSlim();
        world.Engine.OnBlock = () =>
        {
            reached.Set();
            heard.Wait();
        };
        var first = Start(world);
        reached.Wait();
        first.Tell(new PauseExperiment());
        ExpectNoMsg(TimeSpan.FromMilliseconds(500));        // by then the request is in the trainer's mailbox
        heard.Set();

        var paused = FishForMessage<ExperimentEnded>(_ => true, Patience).Experiment;
        Assert.Equal((ExperimentStatus.Paused, phase * StepsAnEpoch), (paused.Status, (int)paused.Newest!.Id.Step.Value));
        Assert.InRange(world.Engine.BlocksComputed, 1, Blocks - 1);

        world.Engine.OnBlock = () => { };
        Assert.Equal(FakeEngine.Expected(world.Plan), Final(world));
        Assert.Equal(Blocks, world.Engine.BlocksComputed);
    }

    private IActorRef Start(World world) => Sys.ActorOf(ExperimentActor.Props(world.Parts(world.Crew(Sys))));

    private long Final(World world)
    {
        Start(world);
        var ended = FishForMessage<ExperimentEnded>(_ => true, Patience).Experiment;
        Assert.True(ended.Status == ExperimentStatus.Completed, ended.Failure);
        return FakeEngine.WeightOf(world.Store.Read(ended.Newest!.Id).State);
    }
}
