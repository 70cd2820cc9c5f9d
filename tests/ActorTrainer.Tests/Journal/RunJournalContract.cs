using ActorTrainer.Actors.Journal;
using ActorTrainer.Core.Experiments;
using ActorTrainer.Core.Registry;
using ActorTrainer.Journal;
using ActorTrainer.Registry;
using ActorTrainer.Tests.Shared;

namespace ActorTrainer.Tests.Journal;

/// <summary>What commands read and edit, whichever database holds the journal.</summary>
public abstract class RunJournalContract : IDisposable
{
    private TemporaryRuns? _runs;

    /// <summary>With one run, "birds".</summary>
    private protected TemporaryRuns Runs => _runs ??= NewRuns().With("birds", Some.History());

    /// <summary>May skip the test.</summary>
    private protected abstract TemporaryRuns NewRuns();

    public virtual void Dispose() => _runs?.Dispose();

    [SkippableFact]
    public void A_run_is_the_fold_of_its_events()
    {
        var run = Runs.Journal.Load(new("birds"))!;
        Assert.Equal(ExperimentStatus.Completed, run.Status);
        Assert.Equal(40, run.Best!.Id.Step.Value);
        Assert.Null(Runs.Journal.Load(new("fish")));
    }

    [SkippableFact]
    public void Of_two_who_decide_about_a_model_at_once_one_is_told_so()
    {
        var decisions = new ModelJournal(Runs.Runs);
        var seen = decisions.Load(new("birds"));
        Assert.True(decisions.TryAppend(new("birds"), seen, new ModelEvents.VersionPromoted("a", Some.Noon)));
        Assert.False(decisions.TryAppend(new("birds"), seen, new ModelEvents.VersionPromoted("b", Some.Noon)));
        Assert.True(decisions.TryAppend(new("birds"), decisions.Load(new("birds")), new ModelEvents.VersionPromoted("c", Some.Noon)));
        Assert.Equal("a c", string.Join(' ', decisions.Load(new("birds")).Versions));
        Assert.Equal(["birds"], Runs.Journal.Names().Select(name => name.Value));
    }

    [SkippableFact]
    public void A_model_stays_what_it_is_when_its_run_is_set_aside()
    {
        var registry = new ModelRegistry(Runs.Runs, TimeProvider.System);
        string version = registry.Find("birds")!.Answering.Id.Version;
        Assert.True(registry.TryPromote(registry.Find("birds")!, version));
        Runs.Journal.Rename(new("birds"), new("birds.1"));
        var model = new ModelRegistry(Runs.Runs, TimeProvider.System).Find("birds")!;
        Assert.Equal((version, "birds.1"), (model.Promoted!.Id.Version, model.Answering.Run.Value));
    }

    [SkippableFact]
    public void All_runs_are_there_by_name()
    {
        Runs.With("ants", Some.History("ants")).With("b.1", Some.History("b.1"));
        Assert.Equal(["ants", "b.1", "birds"], Runs.Journal.All().Select(run => run.Name.Value));
    }

    [SkippableFact]
    public void History_can_be_read_from_where_it_was_left()
    {
        var all = Runs.Journal.History(new("birds"));
        Assert.Equal(Some.History(), all.Select(entry => entry.Event), EqualityComparer<IExperimentEvent>.Create((a, b) => ExperimentEventJson.Write(a!).SequenceEqual(ExperimentEventJson.Write(b!))));
        Assert.Equal(all[^2..].Select(e => e.SequenceNumber), Runs.Journal.History(new("birds"), all[^3].SequenceNumber).Select(e => e.SequenceNumber));
    }

    [SkippableFact]
    public void A_journal_of_a_newer_version_is_named_in_the_message()
    {
        Runs.Execute("UPDATE journal SET manifest = 'teleported.9' WHERE ordering = 3");
        var e = Assert.Throws<JournalException>(() => Runs.Journal.Load(new("birds")));
        Assert.Contains("teleported.9", e.Message, StringComparison.Ordinal);
        Assert.Contains(Runs.Runs.Journal.ToString(), e.Message, StringComparison.Ordinal);
    }

    [SkippableFact]
    public void What_is_appended_follows_what_is_there()
    {
        Runs.Journal.Append(new("birds"), [new ExperimentEvents.CheckpointRetired(new(new(1), new(30)), Some.Noon), new ExperimentEvents.ExperimentCancelled(Some.Noon)]);
        var history = Runs.Journal.History(new("birds"));
        Assert.Equal(Some.History().Length + 2, history.Length);
        Assert.Equal(history[0].SequenceNumber + history.Length - 1, history[^1].SequenceNumber);
        Assert.Equal([40L, 50L], Runs.Journal.Load(new("birds"))!.Checkpoints.Select(c => c.Id.Step.Value));
        Assert.Throws<JournalException>(() => Runs.Journal.Append(new("fish"), [new ExperimentEvents.ExperimentCancelled(Some.Noon)]));
    }

    [SkippableFact]
    public void A_run_that_gets_another_name_keeps_everything()
    {
        Runs.Journal.Rename(new("birds"), new("birds.1"));
        Assert.Null(Runs.Journal.Load(new("birds")));
        Assert.Equal(Some.History().Length, Runs.Journal.History(new("birds.1")).Length);
    }

    [SkippableFact]
    public void A_run_that_is_removed_is_forgotten_and_no_other()
    {
        Runs.With("birds.1", Some.History());
        Runs.Journal.Remove(new("birds"));
        Assert.Equal("birds.1", Assert.Single(Runs.Journal.All()).Name.Value);
    }
}

public sealed class PostgreSqlRunJournalSpec(PostgreSqlRunJournalSpec.Server server) : RunJournalContract, IClassFixture<PostgreSqlRunJournalSpec.Server>
{
    private protected override TemporaryRuns NewRuns() => new(server.NewJournal());

    [SkippableFact]
    public void A_database_in_which_nothing_was_ever_written_has_no_runs_and_gets_no_table()
    {
        var empty = Runs.Runs with { Journal = server.NewJournal() };
        Assert.Empty(new ActorTrainer.Journal.RunJournal(empty).All());
        using var connection = empty.Journal.OpenForReading()!;
        Assert.False(empty.Journal.HasTable(connection, "journal"));
    }

    /// <summary>One for all tests here, started by the first.</summary>
    public sealed class Server : IDisposable
    {
        private PostgreSqlServer? _server;
        private int _databases;

        internal JournalLocation NewJournal() => (_server ??= PostgreSqlServer.StartNew()).NewJournal($"runs_{++_databases}");

        public void Dispose() => _server?.Dispose();
    }
}
