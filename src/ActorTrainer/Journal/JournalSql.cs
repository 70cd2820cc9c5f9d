using System.Collections.Immutable;
using System.Data.Common;
using ActorTrainer.Actors.Journal;

namespace ActorTrainer.Journal;

/// <summary>Plain SQL over the journal's tables, the same for every database.</summary>
internal static class JournalSql
{
    /// <summary>More than readers of one process have connections open to a server.</summary>
    private const int MostStale = 8;

    /// <summary>
    /// Rows of a query that reads the journal; none where nothing was ever written. A pooled connection may be one to a server that has been restarted since:
    /// that is tried again, with another.
    /// </summary>
    public static ImmutableArray<T> Read<T>(this JournalLocation location, string sql, (string, object)[] parameters, Func<DbDataReader, T> row)
    {
        for (int left = MostStale; ; left--)
        {
            try
            {
                return ReadOnce(location, sql, parameters, row);
            }
            catch (DbException e) when (e.IsTransient && left > 0)
            {
            }
        }
    }

    private static ImmutableArray<T> ReadOnce<T>(JournalLocation location, string sql, ReadOnlySpan<(string, object)> parameters, Func<DbDataReader, T> row)
    {
        using var connection = location.OpenForReading();
        if (connection is null || !location.HasTable(connection, "journal")) return [];
        using var command = connection.Command(sql, parameters);
        using var reader = command.ExecuteReader();
        var rows = ImmutableArray.CreateBuilder<T>();
        while (reader.Read()) rows.Add(row(reader));
        return rows.ToImmutable();
    }

    /// <summary>Of the connection's own transaction, where it has one.</summary>
    public static DbCommand Command(this DbConnection connection, string sql, ReadOnlySpan<(string Name, object Value)> parameters)
    {
        var command = connection.CreateCommand();
        command.CommandText = sql;
        foreach (var (name, value) in parameters)
        {
            var parameter = command.CreateParameter();
            (parameter.ParameterName, parameter.Value) = (name, value);
            command.Parameters.Add(parameter);
        }

        return command;
    }
}
