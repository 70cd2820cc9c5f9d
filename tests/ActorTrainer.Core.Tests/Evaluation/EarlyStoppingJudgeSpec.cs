using ActorTrainer.Core.Evaluation;
using ActorTrainer.Core.Experiments;
using ActorTrainer.Core.Training;
using static ActorTrainer.Core.Tests.Experiments.History;

namespace ActorTrainer.Core.Tests.Evaluation;

public sealed class EarlyStoppingJudgeSpec
{
    private static readonly TrainingPlan Plan = new([], EvaluateEveryEpochs: 1, CheckpointEverySteps: null);
    private static readonly EarlyStoppingJudge Judge = new(Plan, new(StoppingMetric.Top1, Patience: 1, MinDelta: 0));

    [Fact]
    public void There_is_no_verdict_before_every_row_it_rests_on_is_journalled()
    {
        Assert.Null(Judge.Decide(After(), phase: 0, epochsDone: 2, epochsInPhase: 2));
        Assert.Null(Judge.Decide(After(0.5), phase: 0, epochsDone: 3, epochsInPhase: 3));
    }

    [Fact]
    public void It_rests_on_the_epochs_before_the_last_one_though_more_may_be_known()
    {
        Assert.Equal(StoppingVerdict.Continue, Judge.Decide(After(0.5), phase: 0, epochsDone: 2, epochsInPhase: 2));
        Assert.Equal(StoppingVerdict.Continue, Judge.Decide(After(0.5, 0.4), phase: 0, epochsDone: 2, epochsInPhase: 2));
        Assert.Equal(StoppingVerdict.Stop, Judge.Decide(After(0.5, 0.4), phase: 0, epochsDone: 3, epochsInPhase: 3));
        Assert.Equal(StoppingVerdict.Stop, Judge.Decide(After(0.5, 0.4, 0.9), phase: 0, epochsDone: 3, epochsInPhase: 3));
    }

    [Fact]
    public void Other_phases_do_not_count() => Assert.Null(Judge.Decide(After(0.5), phase: 1, epochsDone: 2, epochsInPhase: 2));

    /// <summary>One evaluated epoch after another in the first phase.</summary>
    private static Experiment After(params double[] top1) => top1.Index().Aggregate(
        Fold(Created(), Started(1, 0, null)),
        (run, result) => Experiment.Apply(run, new ExperimentEvents.EvaluationRecorded(Id(1, result.Index + 1), new(new(result.Index + 1), 0, result.Index + 1, Metrics(result.Item)), At)));
}
