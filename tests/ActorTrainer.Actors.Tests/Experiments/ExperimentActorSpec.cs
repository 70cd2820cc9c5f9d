using ActorTrainer.Actors.Experiments;
using ActorTrainer.Actors.Tests.Fakes;
using ActorTrainer.Core.Data;
using ActorTrainer.Core.Evaluation;
using ActorTrainer.Core.Experiments;
using ActorTrainer.Core.Training;
using Akka.Actor;
using Akka.TestKit.Xunit2;
using static ActorTrainer.Actors.Experiments.ExperimentProtocol;
using static ActorTrainer.Core.Experiments.ExperimentEvents;

namespace ActorTrainer.Actors.Tests.Experiments;

/// <summary>An experiment with its real trainer, loader, writer and evaluator, over a fake device, disk and data.</summary>
public sealed class ExperimentActorSpec : TestKit
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    public ExperimentActorSpec() : base(ActorSpec.Configuration)
    {
        Sys.EventStream.Subscribe(TestActor, typeof(ExperimentChanged));
        Sys.EventStream.Subscribe(TestActor, typeof(ExperimentEnded));
    }

    [Fact]
    public void It_trains_evaluates_every_epoch_tests_the_best_and_completes()
    {
        var world = new World(Some.Plan(epochs: 3));
        var (ended, events) = Run(world);
        Assert.Equal(ExperimentStatus.Completed, ended.Status);
        Assert.Equal(FakeEngine.Expected(world.Plan), Final(world, ended));
        Assert.Equal([4, 8, 12], ended.Evaluations.Select(row => row.Step.Value));
        Assert.Equal([4, 8, 12], world.Evaluations.Rows.Select(row => row.Step.Value));
        Assert.Equal(Enumerable.Range(1, 12).Select(i => (long)i), world.Steps.Steps);
        Assert.Equal(1, ended.Test!.Metrics.Top1);      // even samples are right, and the test set has no others
        Assert.Equal(4, ended.Best!.Id.Step.Value);     // a tie goes to the earliest
        Assert.Single(events.OfType<ExperimentCompleted>());
        AwaitCondition(() => world.Data.Source.Outstanding == 0 && world.Engine is { SessionsOpen: 0, IsResting: true });
    }

    [Fact]
    public void Several_phases_train_one_after_the_other()
    {
        var world = new World(Some.Plan(epochs: 2, phases: 2));
        var (ended, _) = Run(world);
        Assert.Equal(FakeEngine.Expected(world.Plan), Final(world, ended));
        Assert.Equal([(0, 1), (0, 2), (1, 3), (1, 4)], ended.Evaluations.Select(row => (row.Phase, row.Epoch)));
        Assert.Equal(12, ended.Best!.Id.Step.Value);    // best is of the last phase
    }

    [Fact]
    public void A_generation_is_journalled_before_it_trains_and_the_take_over_before_that()
    {
        var (_, events) = Run(new World(Some.Plan(epochs: 1)));
        Assert.IsType<ExperimentCreated>(events[0]);
        Assert.IsType<CoordinatorTook>(events[1]);
        Assert.Equal(new Generation(1), Assert.IsType<GenerationStarted>(events[2]).Generation);
        Assert.IsType<CheckpointCommitted>(events[3]);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(5)]
    [InlineData(11)]
    public void Killed_after_any_step_and_started_again_it_ends_the_same(int killedAt)
    {
        var world = new World(Some.Plan(epochs: 3, checkpointEvery: 3));
        using var reached = new ManualResetEventSlim();
        using var wait = new ManualResetEventSlim();
        world.Engine.Break = step =>
        {
            if (step.Value == killedAt + 1 && !wait.IsSet)
            {
                reached.Set();
                wait.Wait();
                return new InvalidOperationException("killed");
            }

            return null;
        };
        var first = Start(world);
        Assert.True(reached.Wait(Patience));
        Watch(first);
        Sys.Stop(first);
        wait.Set();
        FishForTerminated(first);
        var (ended, events) = Run(world);
        Assert.Equal(FakeEngine.Expected(world.Plan), Final(world, ended));
        Assert.Equal(Enumerable.Range(1, 12).Select(i => (long)i), world.Steps.Steps);
        Assert.Equal(new Generation(2), events.OfType<GenerationStarted>().Last().Generation);
    }

    [Fact]
    public void A_trainer_that_breaks_down_is_followed_by_a_new_generation()
    {
        var world = new World(Some.Plan(epochs: 2));
        bool broken = false;
        world.Engine.Break = step =>
        {
            if (step.Value != 6 || broken) return null;
            broken = true;
            return new InvalidOperationException("the device fell off");
        };
        var (ended, events) = Run(world);
        Assert.Equal(ExperimentStatus.Completed, ended.Status);
        Assert.Equal(FakeEngine.Expected(world.Plan), Final(world, ended));
        var generations = events.OfType<GenerationStarted>().ToList();
        Assert.Equal([1, 2], generations.Select(g => g.Generation.Value));
        Assert.Contains(generations[1].From.Step.Value, (long[])[0, 4]);        // step 4's checkpoint may still have been on its way
    }

    [Fact]
    public void A_trainer_that_breaks_down_again_and_again_is_given_up()
    {
        var world = new World(Some.Plan(epochs: 2));
        world.Engine.Break = step => step.Value == 6 ? new InvalidOperationException("the device fell off") : null;
        var (ended, events) = Run(world);
        Assert.Equal(ExperimentStatus.Failed, ended.Status);
        Assert.Contains("the device fell off", ended.Failure);
        Assert.InRange(events.OfType<GenerationStarted>().Count(), FailurePolicy.Patience, FailurePolicy.Patience + 2);      // one more for each checkpoint, of steps 2 and 4, that was committed in between
    }

    [Fact]
    public void A_loss_that_is_not_finite_ends_it_at_once_with_the_step_and_its_state_is_safe()
    {
        var world = new World(Some.Plan(epochs: 2));
        world.Engine.Break = step => step.Value == 6 ? new NonFiniteLossException(step, "Step 6: the loss is NaN") : null;
        var (ended, events) = Run(world);
        Assert.Equal(ExperimentStatus.Failed, ended.Status);
        Assert.StartsWith("Step 6: the loss is NaN", ended.Failure);
        Assert.All(world.Plan.Batch(new(0, 5, new(5), 0)).Samples, sample => Assert.Contains($"cat/{sample}.jpg", ended.Failure));
        Assert.Single(events.OfType<GenerationStarted>());
        Assert.Equal(4, ended.Newest!.Id.Step.Value);
        Assert.Equal([1, 2, 3, 4, 5], world.Steps.Steps.ToArray());
    }

    [Fact]
    public void A_file_that_cannot_be_read_ends_it_with_its_name()
    {
        var world = new World(Some.Plan());
        world.Data.Source.Fail = request => request.Sequence == 3 ? new DataException("cat/7.jpg is truncated") : null;
        var (ended, _) = Run(world);
        Assert.Equal((ExperimentStatus.Failed, "cat/7.jpg is truncated"), (ended.Status, ended.Failure));
    }

    [Fact]
    public void A_skipped_file_is_journalled_once()
    {
        var world = new World(Some.Plan());
        world.Data.Source.Exclude = request => request.Samples.Contains(7) ? [new SampleProblem(7, "cat/7.jpg", "is truncated")] : [];
        var (ended, events) = Run(world);
        Assert.Single(events.OfType<SampleExcluded>());
        Assert.Equal([new ExcludedSample("train", "cat/7.jpg", "is truncated")], ended.Excluded.ToArray());
    }

    [Fact]
    public void Paused_it_saves_the_step_it_is_at_and_goes_on_from_there()
    {
        var world = new World(Some.Plan(epochs: 200));
        LingerAt(world, new(400));       // of 800: the pause comes before the end, however fast the steps are
        var first = Start(world);
        FishForMessage<ExperimentChanged>(changed => changed.Happened is CheckpointCommitted, Patience);
        first.Tell(new PauseExperiment());
        var paused = FishForMessage<ExperimentEnded>(_ => true, Patience).Experiment;
        Assert.Equal(ExperimentStatus.Paused, paused.Status);
        Assert.Equal(world.Steps.Steps[^1], paused.Newest!.Id.Step.Value);
        var (ended, events) = Run(world);
        Assert.Equal(paused.Newest.Id, events.OfType<GenerationStarted>().Last().Source);
        Assert.Equal(FakeEngine.Expected(world.Plan), Final(world, ended));
        Assert.Equal(Enumerable.Range(1, 800).Select(i => (long)i), world.Steps.Steps);
    }

    [Fact]
    public void Completed_it_says_so_again_and_trains_no_more()
    {
        var world = new World(Some.Plan());
        Run(world);
        int sessions = world.Engine.SessionsOpened;
        var (again, events) = Run(world);
        Assert.Equal(ExperimentStatus.Completed, again.Status);
        Assert.Equal(sessions, world.Engine.SessionsOpened);
        Assert.IsType<CoordinatorTook>(Assert.Single(events));
    }

    [Fact]
    public void With_a_damaged_last_checkpoint_it_falls_back_one_says_so_and_ends_the_same()
    {
        var world = new World(Some.Plan(epochs: 3));
        var (before, _) = Run(world);
        world.Store.Damage(before.Newest!.Id);
        var (after, events) = Run(world);
        Assert.Equal(before.Newest.Id, Assert.Single(events.OfType<CheckpointLost>()).Checkpoint);
        Assert.Equal(8, events.OfType<GenerationStarted>().Single().From.Step.Value);
        Assert.Equal(before.Digest, after.Digest);
        Assert.Equal(3, after.Evaluations.Length);
        Assert.DoesNotContain(before.Newest.Id, world.Store.List());
    }

    [Fact]
    public void A_checkpoint_that_was_complete_when_the_process_died_is_taken_over()
    {
        var world = new World(Some.Plan(epochs: 2, checkpointEvery: 1));
        world.Engine.Break = step => step.Value == 3 ? new NonFiniteLossException(step, "stop here") : null;
        var (stopped, _) = Run(world);
        world.Engine.Break = _ => null;
        var orphan = new CheckpointId(stopped.Generation, new(3));
        var two = world.Store.Read(stopped.Newest!.Id);
        using var session = world.Engine.OpenTraining(Some.Job(world.Plan), new NoWeights());
        session.Begin(two.State.Cursor, two.State);
        using (var batch = world.Data.Source.Load(world.Plan.Batch(two.State.Cursor)))
            session.Apply(session.Compute(batch, world.Plan.Coordinates(two.State.Cursor), new(0, 1))[0], world.Plan.Coordinates(two.State.Cursor));
        world.Store.Write(two with { Id = orphan, State = session.Capture(world.Plan.Advance(two.State.Cursor)) }, default);

        var (ended, events) = Run(world);
        var adopted = events.OfType<CheckpointCommitted>().First();
        Assert.Equal((orphan, true), (adopted.Checkpoint, adopted.Adopted));
        Assert.Equal(orphan, events.OfType<GenerationStarted>().Single().Source);
        Assert.Equal(FakeEngine.Expected(world.Plan), Final(world, ended));
    }

    [Fact]
    public void A_folder_of_an_older_generation_is_removed_not_taken()
    {
        var world = new World(Some.Plan(epochs: 2));
        var (first, _) = Run(world);
        world.Store.Damage(first.Newest!.Id);
        Run(world);     // generation 2
        var stale = new CheckpointId(new(1), new(7));
        world.Store.Write(world.Store.Read(world.Store.List()[0]) with { Id = stale }, default);
        var (_, events) = Run(world);
        Assert.Empty(events.OfType<CheckpointCommitted>());
        Assert.DoesNotContain(stale, world.Store.List());
    }

    [Fact]
    public void Only_the_newest_the_best_and_the_start_stay()
    {
        var world = new World(Some.Plan(epochs: 6)) { Checkpoint = new(null, 2, true) };
        var (ended, _) = Run(world);
        Assert.Equal([4, 20, 24], ended.Checkpoints.Select(c => c.Id.Step.Value));
        AwaitCondition(() => world.Store.List().Length == 3);
    }

    [Fact]
    public void A_disk_that_stays_full_ends_it_with_everything_committed_safe_and_it_goes_on_afterwards()
    {
        var world = new World(Some.Plan(epochs: 2));
        world.Store.Fail = id => id.Step.Value == 8 ? new IOException("No space left on device") : null;
        var (failed, _) = Run(world);
        Assert.Contains("No space left on device", failed.Failure);
        Assert.Equal(4, failed.Newest!.Id.Step.Value);
        world.Store.Fail = _ => null;
        var (ended, _) = Run(world);
        Assert.Equal(FakeEngine.Expected(world.Plan), Final(world, ended));
    }

    [Fact]
    public void A_due_checkpoint_is_never_skipped_training_waits_for_the_write_before()
    {
        var world = new World(Some.Plan(epochs: 3, checkpointEvery: 1));
        world.Store.Gate.Reset();
        Start(world);
        AwaitCondition(() => world.Steps.Steps.Length == 2, Patience);      // step 2's checkpoint is due while step 1's is being written
        ExpectNoChangeOf(() => world.Steps.Steps.Length);
        world.Store.Gate.Set();
        var ended = FishForMessage<ExperimentEnded>(_ => true, Patience).Experiment;
        Assert.Equal(FakeEngine.Expected(world.Plan), Final(world, ended));
    }

    [Fact]
    public void Early_stopping_takes_effect_at_the_end_of_the_epoch_after_the_one_judged()
    {
        // No evaluation is better than the first, so patience 2 is used up by epoch 3's, and training ends with epoch 4.
        var world = new World(Some.Plan(epochs: 20, stopsEarly: true)) { EarlyStopping = new(StoppingMetric.Top1, 2, 0) };
        var (ended, events) = Run(world);
        Assert.Equal((0, 4), events.OfType<PhaseStopped>().Select(p => (p.Phase, p.AtEpoch)).Single());
        Assert.Equal(16, ended.FinishedAt!.Value.Value);
        Assert.Equal([1, 2, 3, 4], ended.Evaluations.Select(row => row.Epoch));
        Assert.Equal(Enumerable.Range(1, 16).Select(i => (long)i), world.Steps.Steps);
    }

    [Fact]
    public void Early_stopping_ends_its_phase_and_the_next_one_trains()
    {
        var world = new World(Some.Plan(epochs: 6, phases: 2, stopsEarly: true)) { EarlyStopping = new(StoppingMetric.Top1, 1, 0) };
        var (ended, events) = Run(world);
        Assert.Equal([(0, 3), (1, 6)], events.OfType<PhaseStopped>().Select(p => (p.Phase, p.AtEpoch)));
        Assert.Equal(ExperimentStatus.Completed, ended.Status);
        Assert.Equal(24, ended.FinishedAt!.Value.Value);
    }

    [Fact]
    public void Changed_operational_settings_are_taken_up_and_recorded()
    {
        var world = new World(Some.Plan());
        Run(world);
        world.Definition = world.Definition with { Settings = world.Definition.Settings.Add("experiment.data.prefetch", "16") };
        var (_, events) = Run(world);
        Assert.Equal([new SettingChange("experiment.data.prefetch", null, "16")], events.OfType<OperationalSettingsChanged>().Single().Changes.ToArray());
    }

    [Fact]
    public void It_answers_while_it_trains()
    {
        var world = new World(Some.Plan(epochs: 100));
        LingerAt(world, new(200));
        var actor = Start(world);
        FishForMessage<ExperimentChanged>(changed => changed.Happened is CheckpointCommitted, Patience);
        actor.Tell(new GetExperiment(), TestActor);
        Assert.Equal(ExperimentStatus.Running, FishForMessage<CurrentExperiment>(_ => true, Patience).Experiment.Status);
    }

    /// <summary>The step takes two seconds: time for a message that was sent before it to be acted on.</summary>
    private static void LingerAt(World world, StepNumber step)
    {
        var never = new ManualResetEventSlim();
        world.Engine.Break = at =>
        {
            if (at == step) never.Wait(TimeSpan.FromSeconds(2));
            return null;
        };
    }

    private IActorRef Start(World world) => Sys.ActorOf(ExperimentActor.Props(world.Parts(world.Crew(Sys))));

    private (Experiment Ended, List<IExperimentEvent> Events) Run(World world)
    {
        var events = new List<IExperimentEvent>();
        var actor = Watch(Start(world));
        while (true)
        {
            switch (ReceiveOne(Patience))
            {
                case ExperimentChanged changed: events.Add(changed.Happened); break;
                case ExperimentEnded ended:
                    FishForTerminated(actor);
                    return (ended.Experiment, events);
                case Terminated terminated when terminated.ActorRef.Equals(actor): Assert.Fail("the experiment stopped without an end"); break;
                case null: Assert.Fail("nothing came: " + string.Join(", ", events.Select(e => e.GetType().Name))); break;
            }
        }
    }

    private void FishForTerminated(IActorRef actor) => FishForMessage<Terminated>(t => t.ActorRef.Equals(actor), Patience);

    private static long Final(World world, Experiment ended) => FakeEngine.WeightOf(world.Store.Read(ended.Newest!.Id).State);

    private void ExpectNoChangeOf(Func<int> value)
    {
        int before = value();
        Sys.EventStream.Unsubscribe(TestActor, typeof(ExperimentChanged));
        while (ReceiveOne(TimeSpan.FromMilliseconds(200)) is ExperimentChanged)
        {
        }

        Assert.Equal(before, value());
    }
}
