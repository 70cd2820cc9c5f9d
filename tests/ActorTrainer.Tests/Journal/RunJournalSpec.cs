namespace ActorTrainer.Tests.Journal;

/// <summary>On SQLite, in the runs folder itself.</summary>
public sealed class RunJournalSpec : RunJournalContract
{
    private protected override TemporaryRuns NewRuns() => new();

    [Fact]
    public void Reading_goes_on_while_a_writer_holds_the_journal()
    {
        using var writer = Runs.Runs.Journal.OpenForWriting();
        using var transaction = writer.BeginTransaction();
        using var command = writer.CreateCommand();
        command.CommandText = "DELETE FROM journal";
        command.ExecuteNonQuery();
        Assert.NotNull(Runs.Journal.Load(new("birds")));
    }

    [Fact]
    public void A_folder_without_a_journal_has_no_runs_and_gets_no_file()
    {
        using var empty = new TemporaryRuns();
        File.Delete(empty.Runs.Journal.ToString());
        Assert.Empty(empty.Journal.All());
        Assert.False(File.Exists(empty.Runs.Journal.ToString()));
    }
}
