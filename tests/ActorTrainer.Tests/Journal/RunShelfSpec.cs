using ActorTrainer.Core.Experiments;
using ActorTrainer.Journal;
using ActorTrainer.Transport;

namespace ActorTrainer.Tests.Journal;

public sealed class RunShelfSpec : IDisposable
{
    private readonly TemporaryRuns _runs = new TemporaryRuns().With("birds", Some.History());
    private RunShelf Shelf => new(_runs.Runs, TimeProvider.System);
    private static readonly ExperimentName Birds = new("birds"), First = new("birds.1"), Second = new("birds.2");

    public RunShelfSpec() => File.WriteAllText(_runs.Runs[Birds].Log, "old");

    public void Dispose() => _runs.Dispose();

    [Fact]
    public void A_run_that_is_set_aside_keeps_everything_and_frees_its_name()
    {
        Assert.Equal(First, Shelf.SetAside(Birds));
        Assert.Null(_runs.Journal.Load(Birds));
        Assert.Equal("old", File.ReadAllText(_runs.Runs[First].Log));
        Assert.True(Assert.Single(_runs.Journal.All()).IsSetAside);
        Assert.False(Directory.Exists(_runs.Runs[Birds].Path));
    }

    [Fact]
    public void The_next_one_gets_the_next_number()
    {
        Shelf.SetAside(Birds);
        _runs.With("birds", Some.History());
        Assert.Equal(Second, Shelf.SetAside(Birds));
        Assert.Equal([First, Second], _runs.Journal.All().Select(run => run.Name));
    }

    [Fact]
    public void Setting_aside_that_was_interrupted_is_finished_by_the_next()
    {
        Directory.Move(_runs.Runs[Birds].Path, _runs.Runs[First].Path);
        Assert.Equal(First, Shelf.SetAside(Birds));
        Assert.Null(_runs.Journal.Load(Birds));
        Assert.NotNull(_runs.Journal.Load(First));
    }

    [Fact]
    public void Where_there_is_no_run_nothing_is_set_aside() => Assert.Null(Shelf.SetAside(new("fish")));

    [Fact]
    public void A_run_that_is_being_trained_is_left_alone_and_its_process_named()
    {
        using var held = RunLock.TryTake(_runs.Runs[Birds], out _);
        var e = Assert.Throws<RunBusyException>(() => Shelf.Remove(Birds));
        Assert.Contains($"process {Environment.ProcessId}", e.Message, StringComparison.Ordinal);
        Assert.NotNull(_runs.Journal.Load(Birds));
        Assert.True(File.Exists(_runs.Runs[Birds].Log));
    }

    [Fact]
    public void A_removed_run_is_gone_from_journal_and_disk()
    {
        Shelf.Remove(Birds);
        Assert.Empty(_runs.Journal.All());
        Assert.DoesNotContain(Directory.EnumerateFileSystemEntries(_runs.Runs.Path), entry => !Path.GetFileName(entry).StartsWith("journal.db", StringComparison.Ordinal));
    }
}
