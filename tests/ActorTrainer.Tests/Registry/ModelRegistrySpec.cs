using ActorTrainer.Registry;
using ActorTrainer.Tests.Api;
using Microsoft.Extensions.Time.Testing;

namespace ActorTrainer.Tests.Registry;

public sealed class ModelRegistrySpec : IDisposable
{
    private readonly TemporaryRuns _runs = new();
    private readonly FakeTimeProvider _time = new();

    public void Dispose() => _runs.Dispose();

    [Fact]
    public void While_the_journal_is_away_the_last_look_counts()
    {
        string version = _runs.WithModel("birds", BirdModels.Wren);
        var registry = new ModelRegistry(_runs.Runs, _time);
        Assert.Equal(version, registry.Find("birds")!.Answering.Id.Version);
        string journal = Path.Combine(_runs.Runs.Path, "journal.db");
        File.WriteAllText(journal, "no database");
        _time.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(version, registry.Find("birds")!.Answering.Id.Version);
    }

    [Fact]
    public void A_run_that_cannot_be_read_keeps_no_other_from_being_a_model()
    {
        _runs.WithModel("birds", BirdModels.Wren);
        _runs.WithModel("cats", BirdModels.Crow, "cats");
        _runs.Execute("UPDATE journal SET message = 'rubbish' WHERE persistence_id = 'experiment-cats' AND manifest = 'experiment-created.1'");
        Assert.Equal("birds", Assert.Single(new ModelRegistry(_runs.Runs, _time).Models).Name.Value);
    }

    [Fact]
    public void A_model_whose_decisions_cannot_be_read_does_not_answer_by_guess_and_others_do()
    {
        string version = _runs.WithModel("birds", BirdModels.Wren);
        _runs.WithModel("cats", BirdModels.Crow, "cats");
        var registry = new ModelRegistry(_runs.Runs, _time);
        Assert.True(registry.TryPromote(registry.Find("birds")!, version));
        _runs.Execute("UPDATE journal SET manifest = 'version-shadowed.1' WHERE persistence_id = 'model-birds'");
        Assert.Equal("cats", Assert.Single(new ModelRegistry(_runs.Runs, _time).Models).Name.Value);
    }

    [Fact]
    public void Of_two_gateways_one_judges()
    {
        _runs.WithModel("birds", BirdModels.Wren, rule: "top1 > 0.5");
        var (one, other) = (new ModelRegistry(_runs.Runs, _time), new ModelRegistry(_runs.Runs, _time));
        var (seen, alike) = (one.Find("birds")!, other.Find("birds")!);
        Assert.True(one.TryJudge(seen, Assert.Single(seen.Unjudged))!.Promoted);
        Assert.Null(other.TryJudge(alike, Assert.Single(alike.Unjudged)));
        Assert.Empty(other.Find("birds")!.Unjudged);
        Assert.NotNull(other.Find("birds")!.Promoted);
    }

    [Fact]
    public void Versions_are_judged_in_the_order_in_which_they_came()
    {
        string first = _runs.WithModel("birds.1", BirdModels.Crow, rule: "top1 > current"), second = _runs.WithModel("birds", BirdModels.Wren, rule: "top1 > current");
        var registry = new ModelRegistry(_runs.Runs, _time);
        var model = registry.Find("birds")!;
        Assert.Equal([first, second], model.Unjudged.Select(version => version.Id.Version));
    }

    [Fact]
    public void Checkpoints_that_a_run_keeps_elsewhere_are_found_there()
    {
        using var elsewhere = new TemporaryFolder();
        _runs.WithModel("birds", BirdModels.Wren, checkpoints: elsewhere["shelf"]);
        var registry = new ModelRegistry(_runs.Runs, _time);
        var version = registry.Find("birds")!.Answering;
        Assert.Equal(BirdModels.Classes.AsEnumerable(), registry.Describe(version).Model.Classes);
        Assert.Equal(40, registry.Read(version.Id)!.Id.Step.Value);
        using var weights = registry.OpenWeights(version);
        Assert.True(weights.Length > 0);
    }

    [Fact]
    public void A_run_that_completes_is_seen()
    {
        var registry = new ModelRegistry(_runs.Runs, _time);
        Assert.Empty(registry.Models);
        _runs.WithModel("birds", BirdModels.Wren);
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Single(registry.Models);
    }

    [Fact]
    public void The_weights_of_a_run_that_is_set_aside_in_between_are_found()
    {
        _runs.WithModel("birds", BirdModels.Wren);
        var registry = new ModelRegistry(_runs.Runs, _time);
        var version = registry.Find("birds")!.Answering.Id;
        Directory.Move(_runs.Runs[new("birds")].Path, _runs.Runs[new("birds.1")].Path);
        _runs.Journal.Rename(new("birds"), new("birds.1"));
        Assert.Equal(40, registry.Read(version)!.Id.Step.Value);
    }
}
