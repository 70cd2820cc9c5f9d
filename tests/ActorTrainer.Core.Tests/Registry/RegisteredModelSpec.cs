using System.Text;
using ActorTrainer.Core.Experiments;
using ActorTrainer.Core.Registry;
using ActorTrainer.Core.Tests.Experiments;
using static ActorTrainer.Core.Registry.ModelEvents;

namespace ActorTrainer.Core.Tests.Registry;

public sealed class RegisteredModelSpec
{
    private static readonly ExperimentName Birds = new("birds");

    [Fact]
    public void A_run_gives_a_version_once_it_has_completed_its_best_checkpoint()
    {
        var run = Run('a');
        Assert.Equal(("aaaaaaaaaaaa", 30), (ModelVersion.Of(Birds, run)!.Id.Version, ModelVersion.Of(Birds, run)!.Checkpoint.Id.Step.Value));
        Assert.Equal(0.9, ModelVersion.Of(Birds, run)!.Validation!.Top1);
        Assert.Null(ModelVersion.Of(Birds, run with { Status = ExperimentStatus.Evaluating }));
        Assert.Null(ModelVersion.Of(Birds, run with { Checkpoints = [] }));
    }

    [Fact]
    public void The_run_that_has_the_name_is_the_newest_and_those_set_aside_follow_by_when_they_began()
    {
        var versions = new[] { ("birds.1", 'a', 2), ("birds", 'b', 1), ("birds.2", 'c', 3) }
            .Select(run => ModelVersion.Of(new(run.Item1), Run(run.Item2) with { CreatedAt = History.At.AddHours(run.Item3) })!);
        var model = Assert.Single(RegisteredModel.Of(versions, new Dictionary<ExperimentName, Promotions>()));
        Assert.Equal(["birds", "birds.2", "birds.1"], model.Versions.Select(version => version.Run.Value));
        Assert.Equal("birds", model.Answering.Run.Value);
    }

    [Fact]
    public void The_promoted_version_answers_and_where_it_was_removed_the_newest()
    {
        var versions = new[] { ModelVersion.Of(Birds, Run('b'))!, ModelVersion.Of(new("birds.1"), Run('a'))! };
        var promotions = Promotions.Of([new VersionPromoted("aaaaaaaaaaaa", History.At)]);
        Assert.Equal("birds.1", Assert.Single(RegisteredModel.Of(versions, Of(promotions))).Answering.Run.Value);
        Assert.Equal("birds", Assert.Single(RegisteredModel.Of(versions[..1], Of(promotions))).Answering.Run.Value);

        static Dictionary<ExperimentName, Promotions> Of(Promotions promotions) => new() { [Birds] = promotions };
    }

    [Fact]
    public void A_promotion_that_is_rolled_back_gives_way_to_the_one_before_it()
    {
        var promotions = Promotions.Of([new VersionPromoted("a", History.At), new VersionPromoted("b", History.At), new PromotionRolledBack(History.At), new VersionPromoted("c", History.At)]);
        Assert.Equal(("c", 4), (promotions.Current, promotions.Sequence));
        promotions = promotions.Apply(new PromotionRolledBack(History.At));
        Assert.Equal("a", promotions.Current);
        promotions = promotions.Apply(new PromotionRolledBack(History.At));
        Assert.Null(promotions.Current);
        Assert.Throws<InvalidOperationException>(() => promotions.Apply(new PromotionRolledBack(History.At)));
    }

    [Theory]
    [InlineData("version-promoted.1", """{"version":"0123456789ab","at":"2026-11-24T12:00:00+00:00"}""")]
    [InlineData("version-judged.1", """{"version":"0123456789ab","rule":"top1 \u003E current","promoted":true,"reason":"top1 (0.9) \u003E current (none)","at":"2026-11-24T12:00:00+00:00"}""")]
    [InlineData("canary-began.1", """{"version":"0123456789ab","share":0.1,"at":"2026-11-24T12:00:00+00:00"}""")]
    [InlineData("canary-ended.1", """{"at":"2026-11-24T12:00:00+00:00"}""")]
    [InlineData("promotion-rolled-back.1", """{"at":"2026-11-24T12:00:00+00:00"}""")]
    public void The_journals_bytes_of_an_event_stay_as_they_are(string manifest, string json)
    {
        var happened = ModelEvents.Read(manifest, Encoding.UTF8.GetBytes(json));
        Assert.Equal((manifest, json), (ModelEvents.Manifest(happened), Encoding.UTF8.GetString(ModelEvents.Write(happened))));
    }

    [Fact]
    public void What_this_version_does_not_know_is_never_read_as_less() =>
        Assert.Throws<FormatException>(() => ModelEvents.Read("version-shadowed.1", "{}"u8));

    [Fact]
    public void A_version_with_a_rule_answers_once_its_rule_has_held_and_where_there_is_no_other()
    {
        var old = ModelVersion.Of(new("birds.1"), Run('a'))!;
        var better = ModelVersion.Of(Birds, Run('b', "top1 >= 0.5 and top1 >= current"))!;
        var model = Model([better, old], []);
        Assert.Equal((old, better), (model.Answering, Assert.Single(model.Unjudged)));

        var judged = model.Judge(better, History.At);
        Assert.True(judged.Promoted);
        Assert.Equal("top1 (0.9) >= 0.5 and top1 (0.9) >= current (0.9)", judged.Reason);
        model = Model([better, old], [judged]);
        Assert.Equal(better, model.Answering);
        Assert.Empty(model.Unjudged);
        // Rolled back, it stays judged: the one before answers.
        Assert.Equal(old, Model([better, old], [judged, new PromotionRolledBack(History.At)]).Answering);

        var worse = ModelVersion.Of(new("birds.2"), Run('c', "top1 > current"))!;
        model = Model([worse, old], []);
        judged = model.Judge(worse, History.At);
        Assert.False(judged.Promoted);
        Assert.Equal(old, Model([worse, old], [judged]).Answering);
        Assert.Equal(worse, Model([worse], [judged with { }]).Answering);

        // Alone it has nothing to beat.
        Assert.True(Model([worse], []).Judge(worse, History.At).Promoted);
    }

    [Fact]
    public void A_trial_lasts_until_a_version_is_promoted_or_it_is_ended()
    {
        ModelVersion old = ModelVersion.Of(new("birds.1"), Run('a'))!, newer = ModelVersion.Of(Birds, Run('b'))!;
        var begun = new CanaryBegan(old.Id.Version, 0.25, History.At);
        Assert.Equal((old, new Canary(old.Id.Version, 0.25)), Model([newer, old], [begun]).OnTrial);
        Assert.Null(Model([newer, old], [begun, new CanaryEnded(History.At)]).OnTrial);
        Assert.Null(Model([newer, old], [begun, new VersionPromoted(old.Id.Version, History.At)]).OnTrial);
        Assert.Null(Model([newer], [begun]).OnTrial);
        Assert.Null(Model([newer, old], [new CanaryBegan(newer.Id.Version, 0.25, History.At)]).OnTrial);
    }

    private static RegisteredModel Model(ModelVersion[] versions, IModelEvent[] events) =>
        Assert.Single(RegisteredModel.Of(versions, new Dictionary<ExperimentName, Promotions> { [Birds] = Promotions.Of(events) }));

    private static Experiment Run(char hash, string rule) => Run(hash) is var run
        ? run with { Definition = run.Definition with { EffectiveConfiguration = $"experiment {{ data.train = \"/data\", data.validation = 0.1, model.architecture = lenet5, training.phases = [{{ epochs = 1 }}], promote-if = \"{rule}\" }}" } } : run;

    private static Experiment Run(char hash) => History.Fold(
        History.Created(), History.Started(1, 0, null), History.Committed(1, 30) with { Sha256 = new string(hash, 64) }, History.Evaluated(1, 30, 0.9),
        new ExperimentEvents.TrainingFinished(new(30), History.At), new ExperimentEvents.ExperimentCompleted(new string('d', 64), History.At));
}
