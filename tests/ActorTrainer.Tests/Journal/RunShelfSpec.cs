using ActorTrainer.Core.Experiments;
using ActorTrainer.Journal;
using ActorTrainer.Transport;

namespace ActorTrainer.Tests.Journal;

public sealed class RunShelfSpec : IDisposable
{
    private readonly TemporaryRuns _runs = new TemporaryRuns().With("birds", Some.History());
    private RunShelf Shelf => new(_runs.Runs, TimeProvider.System);
    private static readonly ExperimentName Birds = new("birds");

    public RunShelfSpec() => File.WriteAllText(_runs.Runs[Birds].Log, "old");

    public void Dispose() => _runs.Dispose();

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

    [Fact]
    public void So_are_its_checkpoints_where_they_are_kept_elsewhere()
    {
        string kept = Path.Combine(_runs.Runs.Path, "kept");
        Directory.CreateDirectory(Path.Combine(kept, "1-10"));
        _runs.With("tits", Some.History("tits").Select(happened => happened is ExperimentEvents.ExperimentCreated created
            ? created with { Definition = created.Definition with { CheckpointStore = kept } } : happened));

        Shelf.Remove(new("tits"));
        Assert.False(Directory.Exists(kept));
    }
}
