using System.Collections.Immutable;
using ActorTrainer.Core.Checkpoints;
using ActorTrainer.Core.Experiments;
using ActorTrainer.Core.Models;
using static ActorTrainer.Core.Tests.Experiments.History;

namespace ActorTrainer.Core.Tests.Checkpoints;

public sealed class CheckpointSurveySpec
{
    private readonly Shelf _shelf = new();

    [Fact]
    public void Where_everything_is_as_the_journal_says_there_is_nothing_to_do()
    {
        _shelf.Put(Id(1, 10), Id(1, 20));
        AssertSurvey(Fold(Created(), Started(1, 0, null), Committed(1, 10), Committed(1, 20)));

        Assert.Equal([Id(1, 20)], _shelf.Verified);         // the newest is intact: the older ones need no reading
    }

    [Fact]
    public void Damaged_and_missing_ones_are_lost_down_to_the_first_that_is_intact()
    {
        _shelf.Put(Id(1, 10), Id(1, 20), Id(1, 30));
        _shelf.Damage(Id(1, 30));

        AssertSurvey(Fold(Created(), Started(1, 0, null), Committed(1, 10), Committed(1, 20), Committed(1, 30), Committed(1, 40)),
            lost: [Id(1, 40), Id(1, 30)], garbage: [Id(1, 30)]);
    }

    [Fact]
    public void One_that_verifies_but_is_not_what_was_committed_is_lost()
    {
        _shelf.Put(Id(1, 10));
        _shelf.Put(Id(1, 20), sha256: new string('b', 64));

        AssertSurvey(Fold(Created(), Started(1, 0, null), Committed(1, 10), Committed(1, 20)), lost: [Id(1, 20)], garbage: [Id(1, 20)]);
    }

    [Fact]
    public void A_complete_one_of_the_newest_generation_is_adopted()
    {
        _shelf.Put(Id(1, 10), Id(2, 20));

        AssertSurvey(Fold(Created(), Started(1, 0, null), Committed(1, 10), Started(2, 10, Id(1, 10))), adoptable: [Id(2, 20)]);
    }

    [Fact]
    public void One_of_an_older_generation_or_a_damaged_one_is_garbage()
    {
        _shelf.Put(Id(1, 10), Id(1, 20), Id(2, 20), Id(2, 30));
        _shelf.Damage(Id(2, 30));

        AssertSurvey(Fold(Created(), Started(1, 0, null), Committed(1, 10), Started(2, 10, Id(1, 10))), adoptable: [Id(2, 20)], garbage: [Id(1, 20), Id(2, 30)]);
    }

    [Fact]
    public void What_was_retired_and_is_still_there_is_garbage()
    {
        _shelf.Put(Id(1, 10), Id(1, 20), Id(1, 30));

        AssertSurvey(
            Fold(Created(), Started(1, 0, null), Committed(1, 10), Committed(1, 20), Committed(1, 30), new ExperimentEvents.CheckpointRetired(Id(1, 10), At)),
            garbage: [Id(1, 10)]);
    }

    /// <summary>A coordinator that was frozen, and surveys by a journal that has moved on without it.</summary>
    [Fact]
    public void What_a_newer_generation_than_the_journals_wrote_is_left_alone()
    {
        _shelf.Put(Id(1, 10), Id(1, 20), Id(2, 30));

        AssertSurvey(Fold(Created(), Started(1, 0, null), Committed(1, 10), Committed(1, 20)));
    }

    private void AssertSurvey(Experiment run, CheckpointId[]? lost = null, CheckpointId[]? adoptable = null, CheckpointId[]? garbage = null)
    {
        var survey = CheckpointSurvey.Of(_shelf, run);

        Assert.Equal(lost ?? [], survey.Lost.Select(l => l.Id));
        Assert.Equal(adoptable ?? [], survey.Adoptable.Select(found => found.Stored.Id));
        Assert.Equal(garbage ?? [], survey.Garbage.AsEnumerable());
        Assert.All(survey.Adoptable, found => Assert.Equal(Cursor(found.Stored.Id.Step.Value), found.Cursor));
        Assert.All(survey.Lost, l => Assert.NotEmpty(l.Problem));
    }

    /// <summary>Checkpoints without files: what is there, and what of it verifies.</summary>
    private sealed class Shelf : ICheckpointStore
    {
        private readonly SortedDictionary<CheckpointId, string?> _hashes = [];

        public List<CheckpointId> Verified { get; } = [];

        public void Put(params CheckpointId[] ids)
        {
            foreach (var id in ids) _hashes[id] = new string('a', 64);
        }

        public void Put(CheckpointId id, string sha256) => _hashes[id] = sha256;

        public void Damage(CheckpointId id) => _hashes[id] = null;

        public ImmutableArray<CheckpointId> List() => [.. _hashes.Keys];

        public StoredCheckpoint? Verify(CheckpointId id, out string? problem)
        {
            Verified.Add(id);
            problem = _hashes[id] is null ? "a bit flipped" : null;
            return _hashes[id] is { } sha256 ? new(id, sha256, 1000) : null;
        }

        public CheckpointManifest Describe(CheckpointId id) => throw new NotSupportedException();

        public Stream OpenWeights(CheckpointId id) => throw new NotSupportedException();

        public CheckpointContent Read(CheckpointId id) => new(id, new(Cursor(id.Step.Value), [], []),
            new ModelDescription("lenet5", null, ["crow", "tit"], 1, 28, null, new([0], [1]), [], default), new string('c', 64));

        public void Sweep(Generation before) => throw new NotSupportedException();
        public StoredCheckpoint Write(CheckpointContent content, CancellationToken cancel) => throw new NotSupportedException();
        public void Delete(CheckpointId id) => throw new NotSupportedException();
    }
}
