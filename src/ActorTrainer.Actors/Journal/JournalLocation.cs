using System.Data.Common;
using ActorTrainer.Core.Experiments;

namespace ActorTrainer.Actors.Journal;

/// <summary>
/// Which database holds the journal, and the few ways in which one database differs from another: how it is opened, how its tables are made and looked
/// at. All other SQL is the same for both. Its text for people never shows a password.
/// </summary>
public abstract record JournalLocation
{
    /// <summary>The environment variable that names the journal. A secret: it may hold a password.</summary>
    public const string Variable = "ACTORTRAINER_JOURNAL";

    private const string MissingIndex =
        "has no unique index on (persistence_id, sequence_number), which is what stops a coordinator that was replaced from writing on. Restore it: CREATE UNIQUE INDEX journal_uq ON journal (persistence_id, sequence_number)";

    /// <summary>Whether processes of several machines can use it at once.</summary>
    public abstract bool IsShared { get; }

    /// <summary>How long an experiment waits for a journal that can't be written, before it stops until somebody starts it again.</summary>
    public abstract TimeSpan Patience { get; }

    /// <summary>The name of linq2db's provider.</summary>
    internal abstract string Provider { get; }

    /// <summary>For the actors' journal plugin. A secret.</summary>
    internal abstract string ConnectionString { get; }

    /// <summary>For people.</summary>
    protected abstract string Description { get; }

    /// <summary>The journal of a runs folder.</summary>
    public static JournalLocation Of(string runs) => new SqliteJournal(RunFolder.JournalOf(runs));

    /// <summary><c>postgres://USER:PASSWORD@HOST/DATABASE</c>, <c>Host=...;Database=...</c>, or a file's path. Throws <see cref="JournalLocationException"/>.</summary>
    public static JournalLocation Parse(string text) =>
        text.Length == 0 ? throw new JournalLocationException("it is empty")
        : PostgreSqlJournal.TryParse(text) is { } server ? server
        : text.Contains("://", StringComparison.Ordinal) ? throw new JournalLocationException("it is neither a file nor postgres://USER:PASSWORD@HOST/DATABASE")
        : new SqliteJournal(System.IO.Path.GetFullPath(text));

    /// <summary>An open connection that reads; null where nothing was ever written. Throws <see cref="JournalException"/> where it can't be reached.</summary>
    public abstract DbConnection? OpenForReading();

    /// <summary>An open connection. Throws <see cref="JournalException"/> where it can't be reached.</summary>
    public abstract DbConnection OpenForWriting();

    public abstract bool HasTable(DbConnection connection, string table);

    /// <summary>Makes the tables where there are none, and refuses a journal in which an old coordinator would not be fenced.</summary>
    public void Prepare()
    {
        using var connection = OpenForWriting();
        MakeTables(connection);
        if (!IsFenced(connection)) throw new JournalException($"The journal {this} {MissingIndex}");
    }

    /// <summary>Sealed, so that no record prints its connection string.</summary>
    public sealed override string ToString() => Description;

    /// <summary>As Akka.Persistence.Sql would make them; here, so that its journal needs no connection to start and processes can start side by side.</summary>
    protected abstract void MakeTables(DbConnection connection);

    /// <summary>Whether two events can't have one place in a history.</summary>
    protected abstract bool IsFenced(DbConnection connection);

    /// <summary>Whether a query that returns one number found any.</summary>
    protected static bool Any(DbConnection connection, string sql, string? table = null)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        if (table is not null)
        {
            var parameter = command.CreateParameter();
            (parameter.ParameterName, parameter.Value) = ("@table", table);
            command.Parameters.Add(parameter);
        }

        return command.ExecuteScalar() is long and > 0;
    }

    protected static void Execute(DbConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }
}
