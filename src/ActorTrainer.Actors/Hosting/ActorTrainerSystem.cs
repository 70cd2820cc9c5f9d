using ActorTrainer.Actors.Journal;
using Akka.Actor;
using Akka.Configuration;

namespace ActorTrainer.Actors.Hosting;

/// <summary>The actor system of one process, on a journal.</summary>
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

    /// <summary>And where that journal is.</summary>
    public static Config Configuration(JournalLocation journal) => ConfigurationFactory.ParseString($$"""
        akka.persistence.journal.sql.provider-name = {{journal.Provider}}
        akka.persistence.journal.sql.connection-string = {{Quoted(journal.ConnectionString)}}
        """).WithFallback(Configuration());

    /// <summary>Starts it. Throws <see cref="JournalException"/> where the journal can't be reached, or would not fence an old coordinator.</summary>
    /// <param name="logFile">Where Akka's own log goes.</param>
    public static ActorSystem Start(JournalLocation journal, string logFile)
    {
        journal.Prepare();
        return ActorSystem.Create(Name, ConfigurationFactory.ParseString($"actortrainer.log-file = {Quoted(logFile)}").WithFallback(Configuration(journal))
            .WithFallback(Akka.Persistence.Sql.SqlPersistence.DefaultConfiguration));
    }

    private static string Quoted(string text) => "\"" + text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal) + "\"";
}
