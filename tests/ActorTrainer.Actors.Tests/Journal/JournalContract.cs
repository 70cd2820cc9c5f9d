using ActorTrainer.Actors.Hosting;
using ActorTrainer.Actors.Journal;
using ActorTrainer.Core.Experiments;
using ActorTrainer.Tests.Shared;
using Akka.Actor;
using Akka.Configuration;
using Akka.Persistence;
using static ActorTrainer.Core.Experiments.ExperimentEvents;

namespace ActorTrainer.Actors.Tests.Journal;

/// <summary>What the actors rest on, whichever database holds the journal.</summary>
public abstract class JournalContract : IDisposable
{
    private const string AnyId = "experiment-some";
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);
    private readonly List<ActorSystem> _systems = [];

    /// <summary>A journal that nobody has used. May skip the test.</summary>
    private protected abstract JournalLocation NewJournal();

    /// <summary>Name, type and whether it may be null, of every column of a table, and the columns of every index.</summary>
    private protected abstract string Columns { get; }

    public virtual void Dispose() => Task.WhenAll(_systems.Select(system => system.Terminate())).Wait(Deadline);

    [SkippableFact]
    public async Task What_one_process_persisted_the_next_recovers()
    {
        var journal = NewJournal();
        var first = Writer(Start(journal));
        await Persist(first, 3);
        await first.GracefulStop(Deadline);
        await Persist(Writer(Start(journal)), 2);

        Assert.Equal(5, await Recovered(Writer(Start(journal))));
    }

    [SkippableFact]
    public async Task A_writer_at_an_old_place_of_the_history_is_stopped_and_changes_nothing()
    {
        var journal = NewJournal();
        var old = Writer(Start(journal));
        await Persist(old, 1);
        var next = Writer(Start(journal));
        await Persist(next, 1);

        await Assert.ThrowsAnyAsync<Exception>(() => Persist(old, 1, TimeSpan.FromSeconds(2)));
        await Persist(next, 1);

        Assert.Equal(3, await Recovered(Writer(Start(journal))));
    }

    [SkippableFact]
    public void A_journal_without_the_index_is_refused()
    {
        var journal = NewJournal();
        journal.Prepare();
        journal.Prepare();
        using (var connection = journal.OpenForWriting())
        {
            using var command = connection.CreateCommand();
            command.CommandText = journal.IsShared ? "ALTER TABLE journal DROP CONSTRAINT journal_uq" : "DROP INDEX journal_uq";
            command.ExecuteNonQuery();
            command.CommandText = "CREATE INDEX journal_uq ON journal (persistence_id, sequence_number)";
            command.ExecuteNonQuery();
        }

        var refused = Assert.Throws<JournalException>(() => ActorTrainerSystem.Start(journal, new("")));
        Assert.Contains(journal.ToString(), refused.Message, StringComparison.Ordinal);
        Assert.Contains("CREATE UNIQUE INDEX", refused.Message, StringComparison.Ordinal);
    }

    [SkippableFact]
    public void Processes_that_start_side_by_side_make_the_tables_once()
    {
        var journal = NewJournal();
        Parallel.For(0, 8, _ => journal.Prepare());
        using var connection = journal.OpenForReading()!;
        Assert.True(journal.HasTable(connection, "journal"));
        Assert.False(journal.HasTable(connection, "snapshot"));
    }

    /// <summary>The tables are made by us, in the shape that Akka.Persistence.Sql gives them: this tells when a new version of it wants another.</summary>
    [SkippableFact]
    public async Task The_tables_are_those_that_the_plugin_makes_itself()
    {
        var (ours, theirs) = (NewJournal(), NewJournal());
        ours.Prepare();
        var system = Create(theirs, "akka.persistence.journal.sql.auto-initialize = true");
        await Persist(Writer(system), 1);

        Assert.NotEmpty(Shape(ours));
        Assert.Equal(Shape(theirs), Shape(ours));
    }

    private string Shape(JournalLocation journal)
    {
        using var connection = journal.OpenForReading()!;
        using var command = connection.CreateCommand();
        command.CommandText = Columns;
        using var reader = command.ExecuteReader();
        var rows = new List<string>();
        while (reader.Read()) rows.Add(reader.GetString(0));
        return string.Join('\n', rows.Order(StringComparer.Ordinal));
    }

    private ActorSystem Start(JournalLocation journal)
    {
        var system = ActorTrainerSystem.Start(journal, new(""));
        _systems.Add(system);
        return system;
    }

    private ActorSystem Create(JournalLocation journal, string more)
    {
        var system = ActorSystem.Create("other", ConfigurationFactory.ParseString(more).WithFallback(ActorTrainerSystem.Configuration(journal))
            .WithFallback(Akka.Persistence.Sql.SqlPersistence.DefaultConfiguration));
        _systems.Add(system);
        return system;
    }

    private static IActorRef Writer(ActorSystem system) => system.ActorOf(Props.Create(() => new Writing()));

    private static async Task Persist(IActorRef writer, int times, TimeSpan? limit = null)
    {
        for (int i = 0; i < times; i++) await writer.Ask<int>(new ExperimentCancelled(DateTimeOffset.UnixEpoch), limit ?? Deadline);
    }

    private static Task<int> Recovered(IActorRef writer) => writer.Ask<int>("how many", Deadline);

    private sealed class Writing : UntypedPersistentActor
    {
        private int _events;

        public override string PersistenceId => AnyId;

        protected override void OnRecover(object message)
        {
            if (message is IExperimentEvent) _events++;
        }

        protected override void OnCommand(object message)
        {
            var asks = Sender;
            if (message is IExperimentEvent) Persist(message, _ => asks.Tell(++_events));
            else asks.Tell(_events);
        }
    }
}

public sealed class SqliteJournalSpec : JournalContract
{
    private readonly string _folder = Directory.CreateTempSubdirectory("journal-").FullName;
    private int _journals;

    private protected override string Columns => """
        SELECT 'column ' || t.name || '.' || c.name || ' ' || c.type || ' ' || c."notnull" || ' ' || c.pk FROM sqlite_master AS t, pragma_table_info(t.name) AS c WHERE t.type = 'table' AND t.name <> 'sqlite_sequence'
        UNION ALL SELECT 'index ' || t.name || '.' || i.name || ' ' || i."unique" || ' ' || c.name || ' ' || c.seqno FROM sqlite_master AS t, pragma_index_list(t.name) AS i, pragma_index_info(i.name) AS c WHERE t.type = 'table'
        """;

    private protected override JournalLocation NewJournal() => new SqliteJournal(Path.Combine(_folder, $"journal-{++_journals}.db"));

    public override void Dispose()
    {
        base.Dispose();
        Directory.Delete(_folder, recursive: true);
    }
}

public sealed class PostgreSqlJournalSpec(PostgreSqlJournalSpec.Server server) : JournalContract, IClassFixture<PostgreSqlJournalSpec.Server>
{
    private protected override string Columns => """
        SELECT format('column %s.%s %s %s %s', table_name, column_name, data_type, is_nullable, is_identity) FROM information_schema.columns WHERE table_schema = 'public'
        UNION ALL SELECT format('index %s %s %s', i.indrelid::regclass, i.indisunique, i.indkey) FROM pg_index AS i JOIN pg_class AS c ON c.oid = i.indrelid WHERE c.relnamespace = 'public'::regnamespace
        """;

    private protected override JournalLocation NewJournal() => server.NewJournal();

    /// <summary>One for all tests here, started by the first.</summary>
    public sealed class Server : IDisposable
    {
        private PostgreSqlServer? _server;
        private int _databases;

        internal JournalLocation NewJournal() => (_server ??= PostgreSqlServer.StartNew()).NewJournal($"runs_{++_databases}");

        public void Dispose() => _server?.Dispose();
    }
}
