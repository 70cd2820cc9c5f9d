using System.Data.Common;
using Microsoft.Data.Sqlite;

namespace ActorTrainer.Actors.Journal;

/// <summary>A file, for the processes of one machine.</summary>
/// <param name="Path">Absolute; its folder must exist.</param>
public sealed record SqliteJournal(string Path) : JournalLocation
{
    private const int BusySeconds = 15;

    public override bool IsShared => false;

    /// <summary>A file does not come back by itself.</summary>
    public override TimeSpan Patience => TimeSpan.FromSeconds(30);

    internal override string Provider => "SQLite.MS";

    internal override string ConnectionString => new SqliteConnectionStringBuilder { DataSource = Path, DefaultTimeout = 30, Pooling = true }.ToString();

    protected override string Description => Path;

    public override DbConnection? OpenForReading() => File.Exists(Path) ? Open(SqliteOpenMode.ReadOnly) : null;

    public override DbConnection OpenForWriting() => Open(SqliteOpenMode.ReadWriteCreate);

    public override bool HasTable(DbConnection connection, string table) => Any(connection, "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = @table", table);

    /// <summary>
    /// Write-ahead logging (kept in the file), so that readers and several runs get along with a writer; synchronous = FULL is SQLite's default,
    /// so a committed event survives a power cut.
    /// </summary>
    protected override void MakeTables(DbConnection connection)
    {
        Execute(connection, "PRAGMA journal_mode = WAL");
        using var transaction = connection.BeginTransaction();
        if (!HasTable(connection, "journal"))
        {
            Execute(connection, """
                CREATE TABLE journal (ordering INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, created INTEGER NOT NULL, deleted Bit NOT NULL,
                  persistence_id NVarChar(255) NOT NULL, sequence_number INTEGER NOT NULL, message VarBinary NOT NULL, manifest NVarChar(500) NULL,
                  identifier INTEGER NULL, writer_uuid NVarChar(128) NULL);
                CREATE UNIQUE INDEX journal_uq ON journal (persistence_id, sequence_number);
                CREATE INDEX journal_created_idx ON journal (created);
                CREATE INDEX journal_sequence_number_idx ON journal (sequence_number);
                CREATE TABLE tags (ordering_id INTEGER NOT NULL, tag NVarChar(64) NOT NULL, sequence_nr INTEGER NOT NULL, persistence_id NVarChar(255) NOT NULL,
                  CONSTRAINT PK_tags PRIMARY KEY (ordering_id, tag));
                CREATE INDEX tags_persistence_id_sequence_nr_idx ON tags (persistence_id, sequence_nr);
                CREATE INDEX tags_tag_idx ON tags (tag);
                """);
        }

        transaction.Commit();
    }

    protected override bool IsFenced(DbConnection connection) => Any(connection, """
        SELECT count(*) FROM pragma_index_list('journal') AS i WHERE i."unique" = 1 AND i.partial = 0
          AND (SELECT group_concat(name) FROM (SELECT name FROM pragma_index_info(i.name) ORDER BY name)) = 'persistence_id,sequence_number'
        """);

    /// <summary>No pooling: a connection that lingers would keep files of a removed runs folder open. The timeout is how long a busy writer is waited for.</summary>
    private SqliteConnection Open(SqliteOpenMode mode)
    {
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = Path, Mode = mode, Pooling = false, DefaultTimeout = BusySeconds }.ToString());
        try
        {
            connection.Open();
            Execute(connection, $"PRAGMA busy_timeout = {BusySeconds * 1000}; PRAGMA synchronous = FULL");
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }
}
