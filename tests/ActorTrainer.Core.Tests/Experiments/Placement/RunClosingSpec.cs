using ActorTrainer.Core.Experiments;
using ActorTrainer.Core.Experiments.Placement;
using static ActorTrainer.Core.Experiments.ExperimentEvents;
using static ActorTrainer.Core.Tests.Experiments.History;

namespace ActorTrainer.Core.Tests.Experiments.Placement;

public sealed class RunClosingSpec
{
    [Fact]
    public void Evaluations_are_waited_for() => Assert.IsType<RunClosing.Step.Wait>(RunClosing.Next(Trained(), hasTest: true, isEvaluating: true));

    [Fact]
    public void The_best_is_tested() => Assert.Equal(new RunClosing.Step.Test(Id(1, 30)), RunClosing.Next(Trained(), hasTest: true, isEvaluating: false));

    [Fact]
    public void Where_another_has_become_the_best_it_is_tested_too() =>
        Assert.Equal(new RunClosing.Step.Test(Id(1, 30)), RunClosing.Next(Trained(new TestRecorded(Id(1, 40), Metrics(0.5), At)), hasTest: true, isEvaluating: false));

    [Fact]
    public void Tested_it_lacks_the_digest_of_the_last() =>
        Assert.Equal(new RunClosing.Step.Digest(Id(1, 40)), RunClosing.Next(Trained(new TestRecorded(Id(1, 30), Metrics(0.5), At)), hasTest: true, isEvaluating: false));

    [Fact]
    public void Without_a_test_set_it_lacks_the_digest_alone() => Assert.Equal(new RunClosing.Step.Digest(Id(1, 40)), RunClosing.Next(Trained(), hasTest: false, isEvaluating: false));

    [Fact]
    public void Without_a_validation_set_the_last_is_the_best() =>
        Assert.Equal(new RunClosing.Step.Test(Id(1, 40)), RunClosing.Next(Fold(Created(validation: false), Started(1, 0, null), Committed(1, 40)), hasTest: true, isEvaluating: false));

    private static Experiment Trained(params IExperimentEvent[] more) =>
        Fold([Created(), Started(1, 0, null), Committed(1, 30), Committed(1, 40), Evaluated(1, 30, 0.9), Evaluated(1, 40, 0.8), .. more]);
}
