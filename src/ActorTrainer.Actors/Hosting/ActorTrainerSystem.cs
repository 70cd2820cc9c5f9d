using Akka.Actor;
using Akka.Configuration;
using Microsoft.Data.Sqlite;

namespace ActorTrainer.Actors.Hosting;

/// <summary>The actor system of one process, with the journal of a runs folder.</summary>
public static class ActorTrainerSystem
{
    public const string Name = "actortrainer";

    /// <summary>actors.conf: serializers, dispatchers, the journal's plugin.</summary>
    public static Config Configuration()
    {
        using var stream = typeof(ActorTrainerSystem).Assembly.GetManifestResourceStream("actors.conf")!;
        using var reader = new StreamReader(stream);
        return ConfigurationFactory.ParseString(reader.ReadToEnd());
    }

    /// <summary>Starts it on an SQLite journal, whose folder must exist.</summary>
    /// <param name="journal">The journal's file.</param>
    /// <param name="logFile">Where Akka's own log goes.</param>
    public static ActorSystem Start(string journal, string logFile)
    {
        string connection = PrepareJournal(journal);
        var own = ConfigurationFactory.ParseString($$"""
            akka.persistence.journal.sql.connection-string = {{Quoted(connection)}}
            actortrainer.log-file = {{Quoted(logFile)}}
            """);
        return ActorSystem.Create(Name, own.WithFallback(Configuration())
            .WithFallback(Akka.Persistence.Sql.SqlPersistence.DefaultConfiguration));
    }

    /// <summary>
    /// Write-ahead logging (kept in the file), so that readers and several runs get along with a writer; synchronous = FULL is SQLite's default,
    /// so a committed event survives a power cut.
    /// </summary>
    private static string PrepareJournal(string journal)
    {
        var settings = new SqliteConnectionStringBuilder { DataSource = journal, DefaultTimeout = 30, Pooling = true };
        using var connection = new SqliteConnection(settings.ConnectionString);
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = "PRAGMA journal_mode = WAL;";
        command.ExecuteNonQuery();
        return settings.ConnectionString;
    }

    private static string Quoted(string text) => "\"" + text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal) + "\"";
}
