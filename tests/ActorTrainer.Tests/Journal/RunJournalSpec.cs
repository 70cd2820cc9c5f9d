using ActorTrainer.Core.Experiments;
using ActorTrainer.Journal;

namespace ActorTrainer.Tests.Journal;

public sealed class RunJournalSpec : IDisposable
{
    private readonly TemporaryRuns _runs = new TemporaryRuns().With("birds", Some.History());

    public void Dispose() => _runs.Dispose();

    [Fact]
    public void A_run_is_the_fold_of_its_events()
    {
        var run = _runs.Journal.Load(new("birds"))!;
        Assert.Equal(ExperimentStatus.Completed, run.Status);
        Assert.Equal(40, run.Best!.Id.Step.Value);
        Assert.Null(_runs.Journal.Load(new("fish")));
    }

    [Fact]
    public void Reading_goes_on_while_a_writer_holds_the_journal()
    {
        using var writer = new Microsoft.Data.Sqlite.SqliteConnection($"Data Source={_runs.Runs.Journal};Pooling=False");
        writer.Open();
        using var transaction = writer.BeginTransaction();
        using var command = writer.CreateCommand();
        command.Transaction = transaction;
        command.CommandText = "DELETE FROM journal";
        command.ExecuteNonQuery();
        Assert.NotNull(_runs.Journal.Load(new("birds")));
    }

    [Fact]
    public void History_can_be_read_from_where_it_was_left()
    {
        var all = _runs.Journal.History(new("birds"));
        Assert.Equal(Some.History(), all.Select(entry => entry.Event), EqualityComparer<IExperimentEvent>.Create((a, b) => ExperimentEventJson.Write(a!).SequenceEqual(ExperimentEventJson.Write(b!))));
        Assert.Equal(all[^2..].Select(e => e.SequenceNumber), _runs.Journal.History(new("birds"), all[^3].SequenceNumber).Select(e => e.SequenceNumber));
    }

    [Fact]
    public void A_journal_of_a_newer_version_is_named_in_the_message()
    {
        _runs.Execute("UPDATE journal SET manifest = 'teleported.9' WHERE ordering = 3");
        var e = Assert.Throws<JournalException>(() => _runs.Journal.Load(new("birds")));
        Assert.Contains("teleported.9", e.Message, StringComparison.Ordinal);
        Assert.Contains(_runs.Runs.Journal, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_folder_without_a_journal_has_no_runs_and_gets_no_file()
    {
        using var empty = new TemporaryRuns();
        File.Delete(empty.Runs.Journal);
        Assert.Empty(empty.Journal.All());
        Assert.False(File.Exists(empty.Runs.Journal));
    }

    [Fact]
    public void What_is_appended_follows_what_is_there()
    {
        _runs.Journal.Append(new("birds"), [new ExperimentEvents.CheckpointRetired(new(new(1), new(30)), Some.Noon), new ExperimentEvents.ExperimentCancelled(Some.Noon)]);
        var history = _runs.Journal.History(new("birds"));
        Assert.Equal(Some.History().Length + 2, history.Length);
        Assert.Equal(history[0].SequenceNumber + history.Length - 1, history[^1].SequenceNumber);
        Assert.Equal([40L, 50L], _runs.Journal.Load(new("birds"))!.Checkpoints.Select(c => c.Id.Step.Value));
    }
}
