using System.Data.Common;
using System.Runtime.InteropServices;
using Npgsql;

namespace ActorTrainer.Actors.Journal;

/// <summary>A database of a PostgreSQL server, for the processes of many machines.</summary>
public sealed record PostgreSqlJournal : JournalLocation
{
    private static readonly string[] Schemes = ["postgres", "postgresql"];

    /// <summary>Any number, the same in every process: who holds its lock makes the tables.</summary>
    private const long TablesLock = 0x4163746f72547261;

    private readonly NpgsqlConnectionStringBuilder _settings;

    private PostgreSqlJournal(NpgsqlConnectionStringBuilder settings)
    {
        _settings = settings;
        _settings.ApplicationName ??= "actortrainer";
        // A server that has gone must not be waited for longer than the journal's circuit breaker waits.
        if (!_settings.ShouldSerialize("Timeout")) _settings.Timeout = 5;
        if (!_settings.ShouldSerialize("Command Timeout")) _settings.CommandTimeout = 15;
    }

    public override bool IsShared => true;

    /// <summary>A server that is restarted or fails over comes back.</summary>
    public override TimeSpan Patience => TimeSpan.FromMinutes(10);

    internal override string Provider => "PostgreSQL.15";

    internal override string ConnectionString => _settings.ConnectionString;

    protected override string Description => $"{_settings.Database ?? _settings.Username} on PostgreSQL at {_settings.Host}:{_settings.Port}";

    public bool Equals(PostgreSqlJournal? other) => other is not null && _settings.EquivalentTo(other._settings);

    public override int GetHashCode() => StringComparer.Ordinal.GetHashCode(Description);

    public override DbConnection OpenForReading() => OpenForWriting();

    public override DbConnection OpenForWriting()
    {
        var connection = new NpgsqlConnection(ConnectionString);
        try
        {
            connection.Open();
            return connection;
        }
        catch (Exception e) when (e is ExternalException or TimeoutException)
        {
            connection.Dispose();
            throw new JournalException($"The journal can't be opened ({this}): {Reason(e)}", e);
        }
    }

    private static string Reason(Exception e) =>
        e.InnerException is { } inner && !e.Message.Contains(inner.Message, StringComparison.Ordinal) ? $"{e.Message} ({inner.Message})" : e.Message;

    /// <summary>In the schema that the connection's search path leads to.</summary>
    public override bool HasTable(DbConnection connection, string table) => Any(connection, "SELECT count(to_regclass(@table))", table);

    /// <summary>Null where the text does not speak of PostgreSQL.</summary>
    internal static PostgreSqlJournal? TryParse(string text)
    {
        if (Uri.TryCreate(text, UriKind.Absolute, out var uri) && Schemes.Contains(uri.Scheme, StringComparer.OrdinalIgnoreCase)) return new(Settings(uri));
        try
        {
            var keys = new DbConnectionStringBuilder { ConnectionString = text };
            if (!keys.ContainsKey("Host") && !keys.ContainsKey("Server")) return null;
        }
        catch (ArgumentException)       // not made of KEY=VALUE: a path
        {
            return null;
        }

        return new(Checked(() => new NpgsqlConnectionStringBuilder(text)));
    }

    /// <summary>As libpq reads one; what follows the question mark are the driver's own keys.</summary>
    private static NpgsqlConnectionStringBuilder Settings(Uri uri) => Checked(() =>
    {
        var settings = new NpgsqlConnectionStringBuilder();
        if (uri.Host.Length > 0) settings.Host = uri.Host;
        if (uri.Port > 0) settings.Port = uri.Port;
        if (uri.AbsolutePath.Length > 1) settings.Database = Uri.UnescapeDataString(uri.AbsolutePath[1..]);
        string[] user = uri.UserInfo.Split(':', 2);
        if (user[0].Length > 0) settings.Username = Uri.UnescapeDataString(user[0]);
        if (user.Length > 1) settings.Password = Uri.UnescapeDataString(user[1]);
        foreach (string pair in uri.Query.TrimStart('?').Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            string[] parts = pair.Split('=', 2);
            settings[Uri.UnescapeDataString(parts[0])] = Uri.UnescapeDataString(parts.ElementAtOrDefault(1) ?? "");
        }

        return settings.Host is null ? throw new ArgumentException("it names no host") : settings;
    });

    /// <summary>The driver's messages name the key that is wrong; they never hold the text as a whole.</summary>
    private static NpgsqlConnectionStringBuilder Checked(Func<NpgsqlConnectionStringBuilder> read)
    {
        try
        {
            return read();
        }
        catch (Exception e) when (e is ArgumentException or FormatException or InvalidCastException or OverflowException or KeyNotFoundException)
        {
            throw new JournalLocationException(e.Message.TrimEnd('.'));
        }
    }

    protected override void MakeTables(DbConnection connection)
    {
        using var transaction = connection.BeginTransaction();
        Execute(connection, $"SELECT pg_advisory_xact_lock({TablesLock})");
        if (!HasTable(connection, "journal"))
        {
            Execute(connection, """
                CREATE TABLE journal (ordering bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, created bigint NOT NULL, deleted boolean NOT NULL,
                  persistence_id text NOT NULL, sequence_number bigint NOT NULL, message bytea NOT NULL, manifest text NULL, identifier integer NULL, writer_uuid text NULL,
                  CONSTRAINT journal_uq UNIQUE (persistence_id, sequence_number));
                CREATE INDEX journal_created_idx ON journal (created);
                CREATE INDEX journal_sequence_number_idx ON journal (sequence_number);
                CREATE TABLE tags (ordering_id bigint NOT NULL, tag text NOT NULL, sequence_nr bigint NOT NULL, persistence_id text NOT NULL, PRIMARY KEY (ordering_id, tag));
                CREATE INDEX tags_persistence_id_sequence_nr_idx ON tags (persistence_id, sequence_nr);
                CREATE INDEX tags_tag_idx ON tags (tag);
                """);
        }

        transaction.Commit();
    }

    protected override bool IsFenced(DbConnection connection) => Any(connection, """
        SELECT count(*) FROM pg_index AS i WHERE i.indrelid = to_regclass('journal') AND i.indisunique AND i.indisvalid AND i.indpred IS NULL AND i.indexprs IS NULL
          AND (SELECT string_agg(a.attname::text, ',' ORDER BY a.attname) FROM pg_attribute AS a WHERE a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey)) = 'persistence_id,sequence_number'
        """);
}
