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
    [InlineData("promotion-rolled-back.1", """{"at":"2026-11-24T12:00:00+00:00"}""")]
    public void The_journals_bytes_of_an_event_stay_as_they_are(string manifest, string json)
    {
        var happened = ModelEvents.Read(manifest, Encoding.UTF8.GetBytes(json));
        Assert.Equal((manifest, json), (ModelEvents.Manifest(happened), Encoding.UTF8.GetString(ModelEvents.Write(happened))));
    }

    [Fact]
    public void What_this_version_does_not_know_is_never_read_as_less() =>
        Assert.Throws<FormatException>(() => ModelEvents.Read("version-shadowed.1", "{}"u8));

    private static Experiment Run(char hash) => History.Fold(
        History.Created(), History.Started(1, 0, null), History.Committed(1, 30) with { Sha256 = new string(hash, 64) }, History.Evaluated(1, 30, 0.9),
        new ExperimentEvents.TrainingFinished(new(30), History.At), new ExperimentEvents.ExperimentCompleted(new string('d', 64), History.At));
}
