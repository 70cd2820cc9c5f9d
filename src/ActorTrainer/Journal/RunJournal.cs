using System.Collections.Immutable;
using ActorTrainer.Core.Experiments;
using ActorTrainer.Hosting;
using Microsoft.Data.Sqlite;

namespace ActorTrainer.Journal;

/// <summary>
/// The journal as seen from outside the actor system: plain SQL over the table that Akka.Persistence.Sql keeps, folded by Core.
/// Reading needs no actor, disturbs no writer and works while another process trains. <see cref="Rename"/>, <see cref="Remove"/> and
/// <see cref="Append"/> write; whoever calls them holds the run's lock.
/// </summary>
public sealed class RunJournal(RunsFolder runs)
{
    private const string Prefix = "experiment-";
    private static readonly ImmutableArray<string> Tables = ["journal", "tags", "snapshot", "journal_metadata"];

    public string Path => runs.Journal;

    /// <summary>The persistence id of an experiment's actor.</summary>
    public static string PersistenceId(ExperimentName name) => Prefix + name;

    /// <summary>The experiment's state; null where the journal knows none of that name.</summary>
    public Experiment? Load(ExperimentName name) => Fold(name, History(name));

    /// <summary>Every run, by name.</summary>
    public ImmutableArray<RunEntry> All()
    {
        var names = Read("SELECT DISTINCT persistence_id FROM journal WHERE persistence_id LIKE 'experiment-%' ORDER BY persistence_id",
            _ => { }, row => row.GetString(0)[Prefix.Length..]);
        return [.. names.Where(ExperimentName.IsValid).Select(text => new ExperimentName(text))
            .Select(name => Load(name) is { } experiment ? new RunEntry(name, experiment) : null).OfType<RunEntry>()];
    }

    /// <summary>What happened, in order.</summary>
    /// <param name="after">Only what came after this sequence number.</param>
    public ImmutableArray<JournalEntry> History(ExperimentName name, long after = 0) => Read(
        "SELECT sequence_number, manifest, message FROM journal WHERE persistence_id = $id AND sequence_number > $after AND deleted = 0 ORDER BY sequence_number",
        parameters =>
        {
            parameters.AddWithValue("$id", PersistenceId(name));
            parameters.AddWithValue("$after", after);
        },
        row => new JournalEntry(row.GetInt64(0), Event(name, row.GetString(1), row.GetFieldValue<byte[]>(2))));

    /// <summary>Gives a run another name in one transaction: how an old one is set aside. Nothing else of it changes.</summary>
    public void Rename(ExperimentName old, ExperimentName name) => Write(table => $"UPDATE {table} SET persistence_id = $new WHERE persistence_id = $old", old, name);

    /// <summary>Forgets a run in one transaction.</summary>
    public void Remove(ExperimentName name) => Write(table => $"DELETE FROM {table} WHERE persistence_id = $old", name, name);

    /// <summary>
    /// Adds to a run's history as its actor would, for a run that no process trains. The rows carry the serializer of the rows before them,
    /// so a run that has no history can't be added to.
    /// </summary>
    public void Append(ExperimentName name, IReadOnlyList<IExperimentEvent> events)
    {
        using var connection = Open(SqliteOpenMode.ReadWrite);
        using var transaction = connection.BeginTransaction();
        foreach (var happened in events)
        {
            using var command = connection.CreateCommand();
            command.Transaction = transaction;
            command.CommandText = """
                INSERT INTO journal (created, deleted, persistence_id, sequence_number, message, manifest, identifier, writer_uuid)
                SELECT $created, 0, persistence_id, sequence_number + 1, $message, $manifest, identifier, writer_uuid
                FROM journal WHERE persistence_id = $id ORDER BY sequence_number DESC LIMIT 1
                """;
            command.Parameters.AddWithValue("$created", happened.At.UtcTicks);
            command.Parameters.AddWithValue("$id", PersistenceId(name));
            command.Parameters.AddWithValue("$message", ExperimentEventJson.Write(happened));
            command.Parameters.AddWithValue("$manifest", ExperimentEventJson.Manifest(happened));
            if (command.ExecuteNonQuery() != 1) throw new JournalException($"The journal {Path} has no run '{name}' to add to.");
        }

        transaction.Commit();
    }

    private Experiment? Fold(ExperimentName name, ImmutableArray<JournalEntry> history)
    {
        try
        {
            return Experiment.Of(history.Select(entry => entry.Event));
        }
        catch (InvalidOperationException e)
        {
            throw new JournalException($"The journal {Path} contradicts itself about '{name}': {e.Message}", e);
        }
    }

    private IExperimentEvent Event(ExperimentName name, string manifest, byte[] message)
    {
        try
        {
            return ExperimentEventJson.Read(manifest, message);
        }
        catch (FormatException e)
        {
            throw new JournalException($"The journal {Path} can't be read for '{name}': {e.Message}", e);
        }
    }

    private ImmutableArray<T> Read<T>(string sql, Action<SqliteParameterCollection> bind, Func<SqliteDataReader, T> row)
    {
        if (!File.Exists(Path)) return [];
        using var connection = Open(SqliteOpenMode.ReadOnly);
        if (!HasTable(connection, null, "journal")) return [];
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        bind(command.Parameters);
        using var reader = command.ExecuteReader();
        var rows = ImmutableArray.CreateBuilder<T>();
        while (reader.Read()) rows.Add(row(reader));
        return rows.ToImmutable();
    }

    private void Write(Func<string, string> sql, ExperimentName old, ExperimentName name)
    {
        if (!File.Exists(Path)) return;
        using var connection = Open(SqliteOpenMode.ReadWrite);
        using var transaction = connection.BeginTransaction();
        foreach (string table in Tables.Where(table => HasTable(connection, transaction, table)))
        {
            using var command = connection.CreateCommand();
            command.Transaction = transaction;
            command.CommandText = sql(table);
            command.Parameters.AddWithValue("$old", PersistenceId(old));
            command.Parameters.AddWithValue("$new", PersistenceId(name));
            command.ExecuteNonQuery();
        }

        transaction.Commit();
    }

    private static bool HasTable(SqliteConnection connection, SqliteTransaction? transaction, string table)
    {
        using var command = connection.CreateCommand();
        command.Transaction = transaction;
        command.CommandText = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = $name";
        command.Parameters.AddWithValue("$name", table);
        return command.ExecuteScalar() is not null;
    }

    /// <summary>No pooling: a connection that lingers would keep files of a removed runs folder open. The timeout is how long a busy writer is waited for.</summary>
    private SqliteConnection Open(SqliteOpenMode mode)
    {
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = Path, Mode = mode, Pooling = false, DefaultTimeout = 15 }.ToString());
        try
        {
            connection.Open();
            using var pragma = connection.CreateCommand();
            pragma.CommandText = "PRAGMA busy_timeout = 15000; PRAGMA synchronous = FULL";
            pragma.ExecuteNonQuery();
            return connection;
        }
        catch (SqliteException)
        {
            connection.Dispose();
            throw;
        }
    }
}

/// <summary>One event and its place in the experiment's history.</summary>
public sealed record JournalEntry(long SequenceNumber, IExperimentEvent Event);

/// <summary>A run under the name it has now.</summary>
public sealed record RunEntry(ExperimentName Name, Experiment Experiment)
{
    /// <summary>A newer run took its name (<c>run --fresh</c>): its definition still carries the old one.</summary>
    public bool IsSetAside => Experiment.Definition.Name != Name;
}

/// <summary>A journal that is damaged, or written by a newer version. The message is for a person and names the file.</summary>
public sealed class JournalException(string message, Exception? inner = null) : Exception(message, inner);
