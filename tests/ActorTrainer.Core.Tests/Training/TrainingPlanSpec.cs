using ActorTrainer.Core.Data;
using ActorTrainer.Core.Training;
using CsCheck;

namespace ActorTrainer.Core.Tests.Training;

public sealed class TrainingPlanSpec
{
    private static readonly Gen<TrainingPlan> Plans =
        Gen.Select(Gen.Select(Gen.Int[1, 40], Gen.Int[1, 12], Gen.Int[1, 4]).Array[1, 3], Gen.Int[1, 3], Gen.Int[0, 7]).Select(t =>
            new TrainingPlan([.. t.Item1.Select((p, i) => Phase($"phase{i}", p.Item1, p.Item2, p.Item3))], t.Item2, t.Item3 == 0 ? null : t.Item3));

    [Fact]
    public void A_run_takes_every_step_once_and_every_sample_of_every_epoch_once() => Plans.Sample(plan =>
    {
        var walk = Walk(plan).ToList();
        Assert.Equal(plan.Steps, walk.Count);
        Assert.Equal(Enumerable.Range(1, walk.Count).Select(i => (long)i), walk.Select(cursor => plan.Coordinates(cursor).Step.Value));
        foreach (var epoch in walk.GroupBy(cursor => plan.Coordinates(cursor).Epoch))
        {
            var samples = plan.Phases[epoch.First().Phase].Epochs.Samples;
            Assert.Equal(samples, epoch.SelectMany(cursor => plan.Batch(cursor).Samples).Order());
        }

        int epochs = plan.Phases.Sum(phase => phase.Settings.Epochs);
        Assert.Equal(Enumerable.Range(0, epochs), walk.Select(cursor => plan.Coordinates(cursor).Epoch).Distinct());
    }, iter: 100);

    [Fact]
    public void Coordinates_agree_with_each_other_at_every_step() => Plans.Sample(plan =>
    {
        foreach (var cursor in Walk(plan))
        {
            var at = plan.Coordinates(cursor);
            var batch = plan.Batch(cursor);
            int stepsPerEpoch = plan.Phases[at.Phase].StepsPerEpoch;
            Assert.Equal(cursor.Step.Next, at.Step);
            Assert.Equal(cursor.StepInPhase, (long)at.EpochInPhase * stepsPerEpoch + at.StepInEpoch);
            Assert.Equal(at.Epoch, plan.Phases.Take(at.Phase).Sum(phase => phase.Settings.Epochs) + at.EpochInPhase);
            Assert.InRange(at.StepInEpoch, 0, stepsPerEpoch - 1);
            Assert.Equal((at.Step.Value, at.Epoch), (batch.Sequence, batch.Epoch));
        }
    }, iter: 100);

    [Fact]
    public void A_cursor_that_was_stored_goes_on_as_if_nothing_had_happened() => Gen.Select(Plans, Gen.Double.Unit).Sample((plan, share) =>
    {
        var walk = Walk(plan).ToList();
        int at = (int)(share * walk.Count);
        var restored = walk[at] with { };

        Assert.Equal(walk.Skip(at), Walk(plan, restored));
        Assert.Equal(
            walk.Skip(at).Select(cursor => string.Join(' ', plan.Batch(cursor).Samples)), Walk(plan, restored).Select(cursor => string.Join(' ', plan.Batch(cursor).Samples)));
    }, iter: 100);

    [Fact]
    public void What_is_due_after_a_step_follows_from_where_epochs_and_phases_end() => Plans.Sample(plan =>
    {
        foreach (var cursor in Walk(plan))
        {
            var due = plan.After(cursor);
            var next = plan.Advance(cursor);
            bool phaseEnds = next.Phase != cursor.Phase, epochEnds = phaseEnds || plan.Coordinates(next).Epoch != plan.Coordinates(cursor).Epoch;
            int epochsDone = plan.Coordinates(cursor).EpochInPhase + 1;
            bool evaluation = phaseEnds || epochEnds && epochsDone % plan.EvaluateEveryEpochs == 0;
            bool onTheWay = plan.CheckpointEverySteps is { } every && next.Step.Value % every == 0;
            Assert.Equal(new StepDue(epochEnds, phaseEnds, evaluation, evaluation || onTheWay), due);
        }
    }, iter: 100);

    [Fact]
    public void What_was_due_at_a_stored_cursor_is_what_was_due_when_training_came_to_it() => Plans.Sample(plan =>
    {
        Assert.Equal(default, plan.DueAt(TrainingCursor.Start));
        foreach (var cursor in Walk(plan)) Assert.Equal(plan.After(cursor), plan.DueAt(plan.Advance(cursor)));
    }, iter: 100);

    [Fact]
    public void Epochs_done_grow_at_epoch_ends_only() => Plans.Sample(plan =>
    {
        foreach (var cursor in Walk(plan))
            Assert.Equal(plan.EpochsDone(cursor) + (plan.After(cursor).EpochEnd ? 1 : 0), plan.EpochsDone(plan.Advance(cursor)));
    }, iter: 100);

    [Fact]
    public void With_early_stopping_the_verdict_on_an_epoch_is_needed_at_the_end_of_the_next()
    {
        var stopping = Phase("head", 10, 5, 5) with { StopsEarly = true };      // two steps an epoch
        long[] Asked(int evaluateEvery) => [.. Walk(new([stopping], evaluateEvery, null)).Where(new TrainingPlan([stopping], evaluateEvery, null).NeedsVerdict).Select(c => c.StepInPhase / 2)];

        Assert.Equal([2, 3, 4], Asked(evaluateEvery: 1));        // on the epochs 1, 2 and 3; the phase ends by itself before that on 4 would count
        Assert.Equal([3, 4], Asked(evaluateEvery: 2));
        Assert.Equal([0, 0, 1, 2, 3], Enumerable.Range(0, 5).Select(epochs => new TrainingPlan([stopping], 1, null).JudgedEpochs(epochs)));
        Assert.Equal([0, 0, 0, 1, 1, 2], Enumerable.Range(0, 6).Select(epochs => new TrainingPlan([stopping], 2, null).JudgedEpochs(epochs)));
        Assert.DoesNotContain(Walk(new([Phase("head", 10, 5, 5)], 1, null)), new TrainingPlan([Phase("head", 10, 5, 5)], 1, null).NeedsVerdict);
    }

    [Fact]
    public void A_phase_that_ends_early_hands_on_the_epochs_that_were_done()
    {
        var plan = new TrainingPlan([Phase("head", 10, 4, 5), Phase("all", 10, 4, 2)], 1, null);
        var cursor = TrainingCursor.Start;
        for (int step = 0; step < 6; step++) cursor = plan.Advance(cursor);     // two epochs of three steps

        var next = plan.EndPhase(cursor);

        Assert.Equal(new TrainingCursor(Phase: 1, StepInPhase: 0, new(6), EpochsBefore: 2), next);
        Assert.Equal((2, 0), (plan.Coordinates(next).Epoch, plan.Coordinates(next).EpochInPhase));
        Assert.Equal(12, Walk(plan, next).Last().Step.Next.Value);
    }

    [Fact]
    public void The_rate_is_that_of_the_step_in_its_phase()
    {
        var plan = new TrainingPlan([Phase("head", 10, 5, 2), Phase("all", 10, 5, 2)], 1, null);
        double[] factors = [.. Walk(plan).Select(cursor => plan.Coordinates(cursor).LearningRateFactor)];

        Assert.Equal(4, plan.Phases[0].Steps);
        Assert.Equal(factors[..4], factors[4..]);
        Assert.Equal(Schedule.Factor(plan.Phases[0].Settings.Schedule, 3, 4, 2), factors[3]);
        Assert.Equal(4, factors.Distinct().Count());
    }

    /// <summary>Counted from the phase's beginning, so that it is the same whatever came before.</summary>
    [Fact]
    public void A_phase_on_features_augments_by_the_variant_which_its_epochs_take_in_turn()
    {
        var head = Phase("head", 10, 5, 5);
        head = head with { Settings = head.Settings with { Features = new(Variants: 2, BlockSize: 4) } };
        var plan = new TrainingPlan([Phase("all", 10, 5, 3), head], 1, null);

        var walk = Walk(plan).Where(cursor => cursor.StepInPhase % 2 == 0).ToList();
        Assert.Equal([null, null, null, 0, 1, 0, 1, 0], walk.Select(plan.VariantAt));
        Assert.Equal([0, 1, 2, 0, 1, 0, 1, 0], walk.Select(cursor => plan.Batch(cursor).Epoch));
        Assert.Equal(8, walk.Select(cursor => string.Join(' ', plan.Batch(cursor).Samples)).Distinct().Count());      // the order is still each epoch's own
    }

    private static IEnumerable<TrainingCursor> Walk(TrainingPlan plan, TrainingCursor from = default)
    {
        for (var cursor = from; !plan.IsFinished(cursor); cursor = plan.Advance(cursor)) yield return cursor;
    }

    private static PhasePlan Phase(string name, int samples, int batch, int epochs) => new(
        new()
        {
            Name = name,
            Epochs = epochs,
            Trainable = ["all"],
            Data = new() { Train = "/data", Validation = new ValidationSource.None() },
            Optimizer = new() { Type = OptimizerType.Sgd, LearningRate = 0.1 },
            Schedule = new() { Type = ScheduleType.Cosine },
        },
        new EpochPlan(Seed: 1, [.. Enumerable.Range(0, samples)], batch, LastBatch.Keep),
        ["a", "b"]);
}
