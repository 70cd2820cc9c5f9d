using ActorTrainer.Core.Evaluation;
using ActorTrainer.Core.Experiments;
using static ActorTrainer.Core.Experiments.ExperimentEvents;
using static ActorTrainer.Core.Tests.Experiments.History;

namespace ActorTrainer.Core.Tests.Experiments;

public sealed class ExperimentSpec
{
    private static readonly DateTimeOffset Later = At.AddHours(1);

    [Fact]
    public void Nothing_has_happened_to_an_experiment_without_events() => Assert.Null(Experiment.Of([]));

    [Fact]
    public void A_run_goes_from_queued_to_completed()
    {
        Assert.Equal(ExperimentStatus.Queued, Fold(Created()).Status);
        Assert.Equal(ExperimentStatus.Running, Fold(Created(), Started(1, 0, null)).Status);
        Assert.Equal(ExperimentStatus.Evaluating, Fold(Created(), Started(1, 0, null), Committed(1, 40), new TrainingFinished(new(40), At)).Status);

        var done = Fold(Created(), Started(1, 0, null), Committed(1, 40), new TrainingFinished(new(40), At), new TestRecorded(Id(1, 40), Metrics(0.9), At),
            new ExperimentCompleted("digest", Later));
        Assert.Equal((ExperimentStatus.Completed, "digest", At, Later), (done.Status, done.Digest, done.CreatedAt, done.UpdatedAt));
        Assert.Equal(0.9, done.Test!.Metrics.Top1);
        Assert.True(done.IsTrained);
    }

    [Fact]
    public void Pausing_a_running_experiment_records_it_and_the_next_generation_runs_again()
    {
        var paused = Fold(Created(), Started(1, 0, null), Committed(1, 10), new ExperimentPaused(new(10), At));
        Assert.Equal(ExperimentStatus.Paused, paused.Status);

        var resumed = Experiment.Apply(paused, Started(2, 10, Id(1, 10)));
        Assert.Equal((ExperimentStatus.Running, new Generation(2), Id(1, 10)), (resumed.Status, resumed.Generation, resumed.StartedFrom!.Value));
        Assert.Equal(Cursor(10), resumed.From);
    }

    [Fact]
    public void A_failure_is_remembered_until_it_trains_again()
    {
        var failed = Fold(Created(), Started(1, 0, null), new ExperimentFailed("disk full", At));
        Assert.Equal((ExperimentStatus.Failed, "disk full"), (failed.Status, failed.Failure));
        Assert.Null(Experiment.Apply(failed, Started(2, 0, null)).Failure);
    }

    [Fact]
    public void Training_again_forgets_what_the_end_of_the_last_time_was()
    {
        var again = Fold(Created(), Started(1, 0, null), Committed(1, 30), Committed(1, 40), new TrainingFinished(new(40), At),
            new TestRecorded(Id(1, 40), Metrics(0.9), At), new ExperimentCompleted("digest", At), new CheckpointLost(Id(1, 40), "a bit flipped", At), Started(2, 30, Id(1, 30)));

        Assert.Equal((ExperimentStatus.Running, null, null, false), (again.Status, again.Digest, again.Test, again.IsTrained));
    }

    [Fact]
    public void Checkpoints_are_by_step_whatever_order_they_came_in_and_go_when_lost_or_retired()
    {
        var run = Fold(Created(), Started(1, 0, null), Committed(1, 20), Committed(1, 10), Committed(1, 30));
        Assert.Equal([Id(1, 10), Id(1, 20), Id(1, 30)], run.Checkpoints.Select(c => c.Id));
        Assert.Equal(Id(1, 30), run.Newest!.Id);

        var fewer = new IExperimentEvent[] { new CheckpointRetired(Id(1, 10), At), new CheckpointLost(Id(1, 30), "missing", At) }.Aggregate(run, Experiment.Apply);
        Assert.Equal([Id(1, 20)], fewer.Checkpoints.Select(c => c.Id));
    }

    [Fact]
    public void The_best_is_that_of_the_last_phase()
    {
        var run = Fold(Created(), Started(1, 0, null), Committed(1, 10), Committed(1, 20), Committed(1, 30), Committed(1, 40),
            Evaluated(1, 10, 0.95), Evaluated(1, 20, 0.9), Evaluated(1, 30, 0.7), Evaluated(1, 40, 0.6));

        Assert.Equal(Id(1, 30), run.Best!.Id);
        Assert.Equal(new StepNumber(30), run.BestStep);
    }

    [Fact]
    public void Without_validation_the_newest_checkpoint_is_the_best()
    {
        var run = Fold(Created(validation: false), Started(1, 0, null), Committed(1, 10), Committed(1, 20));

        Assert.Equal(Id(1, 20), run.Best!.Id);
        Assert.Empty(run.AwaitingEvaluation);
    }

    [Fact]
    public void With_validation_nothing_is_best_before_a_row_of_the_last_phase() =>
        Assert.Null(Fold(Created(), Started(1, 0, null), Committed(1, 10), Evaluated(1, 10, 0.9)).Best);

    [Fact]
    public void Evaluated_checkpoints_without_a_row_wait_for_it()
    {
        var run = Fold(Created(), Started(1, 0, null), Committed(1, 5, OnTheWay), Committed(1, 10), Committed(1, 20), Evaluated(1, 10, 0.5));

        Assert.Equal([Id(1, 20)], run.AwaitingEvaluation.Select(c => c.Id));
    }

    [Fact]
    public void A_phases_last_checkpoint_belongs_to_it_though_its_cursor_stands_in_the_next()
    {
        Assert.Equal(0, Experiment.PhaseOf(Cursor(0)));
        Assert.Equal(0, Experiment.PhaseOf(Cursor(10)));
        Assert.Equal(0, Experiment.PhaseOf(Cursor(20)));
        Assert.Equal(1, Experiment.PhaseOf(Cursor(21)));
        Assert.Equal(1, Experiment.PhaseOf(Cursor(40)));
    }

    [Fact]
    public void The_same_row_again_changes_nothing_and_a_different_one_for_the_step_is_an_error()
    {
        var run = Fold(Created(), Started(1, 0, null), Committed(1, 10), Evaluated(1, 10, 0.5));

        Assert.Equal(run.Evaluations.AsEnumerable(), Experiment.Apply(run, Evaluated(2, 10, 0.5)).Evaluations);
        Assert.Contains("not deterministic", Assert.Throws<InvalidOperationException>(() => Experiment.Apply(run, Evaluated(2, 10, 0.6))).Message);
        var otherConfusion = new EvaluationRow(new(10), 0, 1, Metrics(0.5) with { Confusion = [4, 2, 2, 2] });
        Assert.Throws<InvalidOperationException>(() => Experiment.Apply(run, new EvaluationRecorded(Id(2, 10), otherConfusion, At)));
    }

    [Fact]
    public void A_sample_is_excluded_once()
    {
        var excluded = new SampleExcluded("train", "crow/1.jpg", "cut", At);
        var run = Fold(Created(), excluded, excluded, excluded with { Set = "test" });

        Assert.Equal(["train", "test"], run.Excluded.Select(sample => sample.Set));
    }

    [Fact]
    public void What_can_not_follow_is_refused()
    {
        var run = Fold(Created(), Started(2, 0, null), Committed(2, 10));

        Assert.Throws<InvalidOperationException>(() => Experiment.Apply(null, Started(1, 0, null)));
        Assert.Throws<InvalidOperationException>(() => Experiment.Apply(run, Created()));
        Assert.Throws<InvalidOperationException>(() => Experiment.Apply(run, Started(2, 0, null)));
        Assert.Throws<InvalidOperationException>(() => Experiment.Apply(run, Committed(2, 10)));
        Assert.Throws<InvalidOperationException>(() => Experiment.Apply(run, new Unheard(At)));
    }

    private sealed record Unheard(DateTimeOffset At) : IExperimentEvent;
}
