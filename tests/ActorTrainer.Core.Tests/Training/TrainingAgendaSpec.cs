using ActorTrainer.Core.Data;
using ActorTrainer.Core.Experiments;
using ActorTrainer.Core.Gradients;
using ActorTrainer.Core.Training;
using CsCheck;
using static ActorTrainer.Core.Training.TrainingDeed;

namespace ActorTrainer.Core.Tests.Training;

/// <summary>Epochs of two steps, each of which is evaluated.</summary>
public sealed class TrainingAgendaSpec
{
    private static readonly StepDue Spare = new(EpochEnd: false, PhaseEnd: false, Evaluation: false, Checkpoint: true);
    private static readonly StepDue EpochEnd = new(EpochEnd: true, PhaseEnd: false, Evaluation: true, Checkpoint: true);
    private static readonly StepDue PhaseEnd = EpochEnd with { PhaseEnd = true };
    private static readonly Rest Rests = new();

    [Fact]
    public void What_holds_a_step_back_is_asked_in_one_order()
    {
        var agenda = Begun(Plan(epochs: 1, phases: 2, features: true));
        Assert.Equal(new Write(At(2), PhaseEnd), Steps(agenda, 2));
        agenda.WriteBegun(At(2));
        Assert.Equal(new EnterPhase(new(1, 0, new(2), 1)), agenda.Next(Lacks, hasBatch: false));
        agenda.PhaseEntered();
        Assert.Equal(new ComputeFeatures(0), agenda.Next(Lacks, hasBatch: true));
        Assert.Equal(new Wait(TrainerWait.Batch), agenda.Next(Has, hasBatch: false));
        Assert.Equal(new Step(new(1, 0, new(2), 1)), agenda.Next(Has, hasBatch: true));
    }

    [Fact]
    public void Training_goes_on_beside_a_write_until_the_next_checkpoint_is_due()
    {
        var agenda = Begun(Plan(epochs: 1, phases: 2));
        Steps(agenda, 2);
        agenda.WriteBegun(At(2));
        agenda.PhaseEntered();
        Assert.Null(Steps(agenda, 1));
        Assert.IsType<Step>(agenda.Next(Has, hasBatch: true));
        Assert.Null(Steps(agenda, 1));
        Assert.Equal(new Wait(TrainerWait.CheckpointWrite), agenda.Next(Has, hasBatch: true));
        agenda.Written(At(2));
        Assert.Equal(new Write(At(4), PhaseEnd), agenda.Next(Has, hasBatch: true));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void No_phase_is_entered_and_no_verdict_asked_for_while_a_due_checkpoint_waits(bool stopsEarly)
    {
        var agenda = Begun(stopsEarly ? Plan(epochs: 3, every: 3, stopsEarly: true) : Plan(epochs: 2, phases: 2, every: 3));
        agenda.WriteBegun(Steps(agenda, 2)!.Id);
        agenda.Written(At(2));
        agenda.WriteBegun(Steps(agenda, 1)!.Id);
        Steps(agenda, 1);
        Assert.Equal(new Wait(TrainerWait.CheckpointWrite), agenda.Next(Has, hasBatch: true));
        agenda.Written(At(3));
        agenda.WriteBegun(Assert.IsType<Write>(agenda.Next(Has, hasBatch: true)).Id);
        Assert.Equal(stopsEarly ? new AskVerdict(0, 2, 2) : new EnterPhase(new(1, 0, new(4), 2)), agenda.Next(Has, hasBatch: true));
    }

    [Fact]
    public void Who_does_not_own_shard_0_writes_nothing_and_waits_for_no_write()
    {
        var agenda = Begun(Plan(epochs: 2, every: 1), writes: false);
        Assert.Null(Steps(agenda, 4));
        Assert.Equal(new Finish(new(4)), agenda.Next(Has, hasBatch: false));
    }

    [Fact]
    public void While_they_are_held_a_checkpoint_for_going_on_alone_is_not_due()
    {
        var agenda = Begun(Plan(epochs: 2, every: 1));
        agenda.HoldCheckpoints(true);
        Assert.Null(Steps(agenda, 1));
        Assert.Equal(new Write(At(2), EpochEnd), Steps(agenda, 1));
    }

    [Fact]
    public void It_is_finished_once_the_last_checkpoint_is_written()
    {
        var agenda = Begun(Plan(epochs: 1));
        Assert.Equal(new Write(At(2), PhaseEnd), Steps(agenda, 2));
        agenda.WriteBegun(At(2));
        Assert.Equal(Rests, agenda.Next(Has, hasBatch: false));
        agenda.Written(At(2));
        Assert.Equal(new Finish(new(2)), agenda.Next(Has, hasBatch: false));
    }

    [Fact]
    public void Where_the_last_checkpoint_waits_for_the_one_before_it_is_written_first()
    {
        var agenda = Begun(Plan(epochs: 1, every: 1));
        agenda.WriteBegun(Steps(agenda, 1)!.Id);
        Assert.Null(Steps(agenda, 1));
        Assert.Equal(new Wait(TrainerWait.CheckpointWrite), agenda.Next(Has, hasBatch: false));
        agenda.Written(At(1));
        Assert.Equal(new Write(At(2), PhaseEnd), agenda.Next(Has, hasBatch: false));
        agenda.WriteBegun(At(2));
        Assert.Equal(Rests, agenda.Next(Has, hasBatch: false));
    }

    [Theory]
    [InlineData(StepRequest.CheckpointAndRegroup)]
    [InlineData(StepRequest.CheckpointAndStop)]
    public void What_the_exchange_says_that_anybody_wants_is_done_after_that_step(StepRequest request)
    {
        var agenda = Begun(Plan(epochs: 2));
        Assert.Equal((false, new Write(At(1), default)), agenda.Stepped(request));
        agenda.WriteBegun(At(1));
        Assert.Equal(Rests, agenda.Next(Has, hasBatch: true));
        agenda.Written(At(1));
        Assert.Equal(new Stop(new(1), request), agenda.Next(Has, hasBatch: true));
    }

    /// <summary>Its peers may be a step behind: all do it where all have heard it.</summary>
    [Fact]
    public void What_is_asked_for_here_holds_nothing_back_before_the_exchange_has_told_all()
    {
        var agenda = Begun(Plan(epochs: 2));
        Assert.True(agenda.Ask(StepRequest.CheckpointAndStop));
        Assert.False(agenda.Ask(StepRequest.CheckpointAndRegroup));
        Assert.False(agenda.Ask(StepRequest.CheckpointAndStop));
        Assert.Equal(StepRequest.CheckpointAndStop, agenda.Request);
        Assert.IsType<Step>(agenda.Next(Has, hasBatch: true));
    }

    [Fact]
    public void Who_is_asked_to_stop_after_the_very_last_step_stops()
    {
        var agenda = Begun(Plan(epochs: 1), writes: false);
        Steps(agenda, 1);
        Assert.Equal((true, null), agenda.Stepped(StepRequest.CheckpointAndStop));
        Assert.Equal(new Stop(new(2), StepRequest.CheckpointAndStop), agenda.Next(Has, hasBatch: false));
    }

    [Fact]
    public void A_stop_after_a_step_whose_checkpoint_waits_is_said_after_both_writes()
    {
        var agenda = Begun(Plan(epochs: 2, every: 1));
        agenda.WriteBegun(Steps(agenda, 1)!.Id);
        Assert.Null(agenda.Stepped(StepRequest.CheckpointAndStop).Due);
        Assert.Equal(new Wait(TrainerWait.CheckpointWrite), agenda.Next(Has, hasBatch: true));
        agenda.Written(At(1));
        agenda.WriteBegun(Assert.IsType<Write>(agenda.Next(Has, hasBatch: true)).Id);
        Assert.Equal(Rests, agenda.Next(Has, hasBatch: true));
        agenda.Written(At(2));
        Assert.Equal(new Stop(new(2), StepRequest.CheckpointAndStop), agenda.Next(Has, hasBatch: true));
    }

    [Fact]
    public void Between_steps_all_stop_where_they_have_heard_each_other()
    {
        var agenda = Begun(Plan(epochs: 2, every: 1, features: true));
        agenda.WriteBegun(Steps(agenda, 1)!.Id);
        agenda.Written(At(1));
        Assert.Null(agenda.Agreed(StepRequest.None));
        Assert.Equal(new ComputeFeatures(0), agenda.Next(Lacks, hasBatch: false));
        Assert.Null(agenda.Agreed(StepRequest.CheckpointAndStop));     // this step's is written
        Assert.Equal(new Stop(new(1), StepRequest.CheckpointAndStop), agenda.Next(Lacks, hasBatch: false));
    }

    [Fact]
    public void Features_hold_back_no_phase_on_pictures() =>
        Assert.IsType<Step>(Begun(Plan(epochs: 1)).Next(Lacks, hasBatch: true));

    [Fact]
    public void A_verdict_is_asked_for_once_and_the_step_waits_for_it()
    {
        var agenda = AtVerdict(phases: 1);
        Assert.Equal(new AskVerdict(0, 2, 2), agenda.Next(Has, hasBatch: true));
        Assert.Equal(new Wait(TrainerWait.Verdict), agenda.Next(Has, hasBatch: true));
        Assert.True(agenda.Awaits(0, 2));
        Assert.Null(agenda.Judged(0, 1, stop: true));     // of another epoch
        Assert.Equal(new Wait(TrainerWait.Verdict), agenda.Next(Has, hasBatch: true));
        Assert.Null(agenda.Judged(0, 2, stop: false));
        Assert.False(agenda.Awaits(0, 2));
        Assert.IsType<Step>(agenda.Next(Has, hasBatch: true));
    }

    [Fact]
    public void Epochs_of_phases_before_do_not_count_as_epochs_of_the_phase()
    {
        var agenda = AtVerdict(phases: 2);
        agenda.Next(Has, hasBatch: true);
        agenda.Judged(0, 2, stop: false);
        Steps(agenda, 2);
        agenda.PhaseEntered();
        Steps(agenda, 4);
        Assert.Equal(new AskVerdict(1, 5, 2), agenda.Next(Has, hasBatch: true));
    }

    /// <summary>No step comes in which it could ride, and every trainer waits at this boundary.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Asked_to_stop_while_a_verdict_is_missing_it_stops_where_it_stands(bool before)
    {
        var agenda = AtVerdict(phases: 1);
        if (before) agenda.Ask(StepRequest.CheckpointAndStop);
        Assert.IsType<AskVerdict>(agenda.Next(Has, hasBatch: true));
        agenda.Ask(StepRequest.CheckpointAndStop);
        Assert.Equal(new Stop(new(4), StepRequest.CheckpointAndStop), agenda.Next(Has, hasBatch: true));
    }

    [Fact]
    public void A_phase_that_the_verdict_stops_ends_with_an_evaluated_checkpoint_where_it_stands()
    {
        var agenda = AtVerdict(phases: 2, written: false);      // as one that begins with a state of its own
        agenda.Next(Has, hasBatch: true);
        Assert.Equal(new Write(At(4), PhaseEnd), agenda.Judged(0, 2, stop: true));
        agenda.WriteBegun(At(4));
        Assert.Equal(new EndPhase(new(1, 0, new(4), 2)), agenda.Next(Has, hasBatch: true));
        Assert.Null(agenda.Phase);
        Assert.Equal(new EnterPhase(new(1, 0, new(4), 2)), agenda.Next(Has, hasBatch: true));
        agenda.PhaseEntered();
        Assert.Equal(1, agenda.Phase);
        Assert.Equal(new Step(new(1, 0, new(4), 2)), agenda.Next(Has, hasBatch: true));
    }

    [Fact]
    public void The_last_phase_ended_by_a_verdict_is_the_end()
    {
        var agenda = AtVerdict(phases: 1);
        agenda.Next(Has, hasBatch: true);
        Assert.Null(agenda.Judged(0, 2, stop: true));     // the epoch's is written
        Assert.Equal(new EndPhase(new(1, 0, new(4), 2)), agenda.Next(Has, hasBatch: true));
        Assert.Null(agenda.Phase);
        Assert.Equal(new Finish(new(4)), agenda.Next(Has, hasBatch: true));
    }

    /// <param name="step">Where the state in memory stands, at the end of an epoch of two steps.</param>
    [Theory]
    [InlineData(0, false, false)]
    [InlineData(1, false, false)]
    [InlineData(2, true, false)]
    [InlineData(3, true, null)]
    [InlineData(4, true, true)]
    [InlineData(8, true, true)]
    public void From_memory_it_begins_with_the_checkpoint_that_was_due_there(long step, bool isDue, bool? isPhaseEnd)
    {
        var plan = Plan(epochs: 2, phases: 2, every: 3);
        var from = TrainingCursor.Start;
        while (from.Step.Value < step) from = plan.Advance(from);
        var agenda = new TrainingAgenda(plan);
        agenda.StateTaken(from);
        var due = isPhaseEnd switch { true => PhaseEnd, false => EpochEnd, null => Spare };
        Assert.Equal(isDue ? new Write(At(step), due) : null, agenda.Begin(new(1), writes: true, new(from, null, "hash")));
        Assert.Null(agenda.Begin(new(1), writes: true, new(from, At(step), null)));     // from a checkpoint it is there
    }

    /// <summary>The run was killed before it could say so.</summary>
    [Fact]
    public void From_the_last_checkpoint_it_is_finished_at_once()
    {
        var agenda = new TrainingAgenda(Plan(epochs: 1));
        var end = new TrainingCursor(1, 0, new(2), 1);
        agenda.StateTaken(end);
        agenda.Begin(new(2), writes: true, new(end, At(2), null));
        Assert.Equal(new Finish(new(2)), agenda.Next(Has, hasBatch: false));
    }

    [Fact]
    public void A_generation_forgets_what_was_wanted_of_the_one_before_and_waits_for_its_write()
    {
        var agenda = Begun(Plan(epochs: 3, every: 1));
        agenda.WriteBegun(Steps(agenda, 1)!.Id);
        Assert.Null(agenda.Stepped(StepRequest.CheckpointAndRegroup).Due);
        Assert.Null(agenda.Begin(new(2), writes: true, new(agenda.Cursor, null, "hash")));
        Assert.False(agenda.IsEnding);
        Assert.Equal(StepRequest.None, agenda.Request);
        Assert.Equal(new Wait(TrainerWait.CheckpointWrite), agenda.Next(Has, hasBatch: true));
        agenda.WriteFailed();
        Assert.Equal(new Write(new(new(2), new(2)), EpochEnd), agenda.Next(Has, hasBatch: true));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_generation_that_begins_at_a_boundary_asks_for_its_verdict_again(bool stop)
    {
        var agenda = AtVerdict(phases: 2);
        agenda.Next(Has, hasBatch: true);
        agenda.Judged(0, 2, stop);
        agenda.Begin(new(2), writes: true, new(agenda.Cursor, null, "hash"));
        Assert.Equal(new AskVerdict(0, 2, 2), agenda.Next(Has, hasBatch: true));
    }

    [Fact]
    public void A_state_that_crossed_no_phase_yet_does_so_in_the_next_generation()
    {
        var agenda = Begun(Plan(epochs: 1, phases: 2), writes: false);
        Steps(agenda, 2);
        agenda.Begin(new(2), writes: false, new(agenda.Cursor, null, "hash"));
        Assert.IsType<EnterPhase>(agenda.Next(Has, hasBatch: true));
        agenda.StateTaken(agenda.Cursor);      // a checkpoint's is in its phase
        Assert.IsType<Step>(agenda.Next(Has, hasBatch: true));
    }

    [Fact]
    public void Whatever_comes_when_every_step_is_done_and_every_due_checkpoint_written_once_in_order() =>
        Gen.Select(Gen.Int[1, 4], Gen.Int[1, 3], Gen.Int[0, 3], Gen.Bool, Gen.ULong).Sample((epochs, phases, every, stopsEarly, seed) =>
        {
            var plan = Plan(epochs, phases, every == 0 ? null : every, stopsEarly);
            var chance = new Random((int)seed);
            var agenda = Begun(plan);
            var (steps, due, written) = (new List<long>(), new List<long>(), new List<long>());
            CheckpointId? writing = null;
            AskVerdict? asked = null;
            bool isOver = false;
            for (int looks = 0; !isOver; looks++)
            {
                Assert.True(looks < 10_000, "it does not end");
                switch (agenda.Next(Has, hasBatch: chance.Next(2) == 0))
                {
                    case Write write: Begin(write); break;
                    case AskVerdict ask: asked = ask; break;
                    case EnterPhase: agenda.PhaseEntered(); break;
                    case Step step:
                        steps.Add(step.Before.Step.Next.Value);
                        if (plan.After(step.Before).Checkpoint) due.Add(steps[^1]);
                        Begin(agenda.Stepped(StepRequest.None).Due);
                        break;
                    case Finish: isOver = true; break;
                }

                if (writing is { } id && chance.Next(3) == 0)
                {
                    agenda.Written(id);
                    writing = null;
                }

                if (asked is not null && chance.Next(3) == 0)
                {
                    Begin(agenda.Judged(asked.Phase, asked.EpochsDone, stop: chance.Next(4) == 0));
                    asked = null;
                }
            }

            Assert.Null(writing);
            Assert.Equal(Enumerable.Range(1, steps.Count).Select(step => (long)step), steps);
            Assert.Equal(due, written);
            if (!stopsEarly) Assert.Equal(plan.Steps, steps.Count);

            void Begin(Write? write)
            {
                if (write is null) return;
                Assert.Null(writing);
                agenda.WriteBegun(write.Id);
                writing = write.Id;
                written.Add(write.Id.Step.Value);
            }
        }, iter: 300);

    private static bool Has(int variant) => false;

    private static bool Lacks(int variant) => true;

    /// <summary>After two of three epochs, whose first is judged now.</summary>
    /// <param name="written">Its checkpoint is written.</param>
    private static TrainingAgenda AtVerdict(int phases, bool written = true)
    {
        var plan = Plan(epochs: 3, phases, stopsEarly: true);
        var agenda = new TrainingAgenda(plan);
        var from = new TrainingCursor(0, 4, new(4), 0);
        agenda.StateTaken(from);
        agenda.Begin(new(1), writes: true, new(from, written ? At(4) : null, null));
        return agenda;
    }

    private static TrainingAgenda Begun(TrainingPlan plan, bool writes = true)
    {
        var agenda = new TrainingAgenda(plan);
        agenda.StateTaken(TrainingCursor.Start);
        agenda.Begin(new(1), writes, new(TrainingCursor.Start, null, null));
        return agenda;
    }

    /// <summary>What is due after the last of them.</summary>
    private static Write? Steps(TrainingAgenda agenda, int count)
    {
        Write? due = null;
        for (int i = 0; i < count; i++) due = agenda.Stepped(StepRequest.None).Due;
        return due;
    }

    private static CheckpointId At(long step) => new(new(1), new(step));

    private static TrainingPlan Plan(int epochs, int phases = 1, int? every = null, bool stopsEarly = false, bool features = false)
    {
        var phase = new PhasePlan(new PhaseSettings
        {
            Name = "some", Epochs = epochs, Trainable = ["all"], Data = new() { Train = "/data/train", Validation = new ValidationSource.None() },
            Optimizer = new() { Type = OptimizerType.Sgd, LearningRate = 0.1 }, Schedule = new() { Type = ScheduleType.Constant },
            Features = features ? new(1, 2) : null,
        }, new EpochPlan(7, [0, 1, 2, 3], 2, LastBatch.Keep), ["cat", "dog"], stopsEarly);
        return new([.. Enumerable.Repeat(phase, phases)], 1, every);
    }
}
