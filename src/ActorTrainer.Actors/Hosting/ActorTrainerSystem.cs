using System.Collections.Immutable;
using ActorTrainer.Actors.Journal;
using Akka.Actor;
using Akka.Actor.Setup;
using Akka.Cluster.Tools.Singleton;
using Akka.Configuration;

namespace ActorTrainer.Actors.Hosting;

/// <summary>The actor system of one process, on a journal.</summary>
public static class ActorTrainerSystem
{
    public const string Name = "actortrainer";

    /// <summary>actors.conf: serializers, dispatchers, the journal's plugin.</summary>
    public static Config Configuration() => DeviceDispatchers.With(Resource("actors.conf"));

    private static Config Resource(string name)
    {
        using var stream = typeof(ActorTrainerSystem).Assembly.GetManifestResourceStream(name)!;
        using var reader = new StreamReader(stream);
        return ConfigurationFactory.ParseString(reader.ReadToEnd());
    }

    /// <summary>And where that journal is.</summary>
    public static Config Configuration(JournalLocation journal) => ConfigurationFactory.ParseString($$"""
        akka.persistence.journal.sql.provider-name = {{journal.Provider}}
        akka.persistence.journal.sql.connection-string = {{Quoted(journal.ConnectionString)}}
        """).WithFallback(Configuration());

    /// <summary>Starts it. Throws <see cref="JournalException"/> where the journal can't be reached, or would not fence an old coordinator.</summary>
    /// <param name="log">Where Akka's own log goes.</param>
    public static ActorSystem Start(JournalLocation journal, LogTarget log)
    {
        journal.Prepare();
        return ActorSystem.Create(Name, ConfigurationFactory.ParseString(Logging(log)).WithFallback(Configuration(journal))
            .WithFallback(Akka.Persistence.Sql.SqlPersistence.DefaultConfiguration));
    }

    /// <summary>Starts one that answers for models: without a journal, in no cluster, so that it outlives those that are.</summary>
    /// <param name="log">Where Akka's own log goes.</param>
    public static ActorSystem StartServing(LogTarget log) =>
        ActorSystem.Create("serving", ConfigurationFactory.ParseString(Logging(log)).WithFallback(Configuration()));

    /// <summary>Starts a node of a cluster, which joins its seeds, or whom it finds; see cluster.conf. Throws as <see cref="Start"/> does.</summary>
    /// <param name="overrides">HOCON of the node's own, over all else; empty: none.</param>
    /// <param name="transport">How remoting is secured; null: not at all.</param>
    public static ActorSystem StartNode(JournalLocation journal, LogTarget log, NodeAddress node, string overrides = "", Setup? transport = null)
    {
        journal.Prepare();
        string protocol = transport is null ? "akka.tcp" : "akka.ssl.tcp";
        var own = ConfigurationFactory.ParseString($$"""
            {{Logging(log)}}
            akka.remote.dot-netty.tcp { hostname = {{Quoted(node.Host)}}, port = {{node.Port}} }
            akka.cluster.roles = [{{string.Join(", ", node.Roles.Select(Quoted))}}]
            akka.cluster.seed-nodes = [{{string.Join(", ", node.Seeds.Select(seed => Quoted($"{protocol}://{Name}@{seed}")))}}]
            """);
        if (transport is not null) own = own.WithFallback(ConfigurationFactory.ParseString("akka.remote.dot-netty.tcp.enable-ssl = on"));
        if (overrides.Length > 0) own = own.WithFallback(ConfigurationFactory.ParseString(overrides));
        var bootstrap = BootstrapSetup.Create().WithConfig(own.WithFallback(Resource("cluster.conf")).WithFallback(Configuration(journal))
            .WithFallback(ClusterSingleton.DefaultConfig())
            .WithFallback(Akka.Persistence.Sql.SqlPersistence.DefaultConfiguration));
        var system = ActorSystem.Create(Name, transport is null ? ActorSystemSetup.Create(bootstrap) : ActorSystemSetup.Create(bootstrap, transport));
        if (node.Discovery is { } search) _ = SeedSearch.JoinAsync(system, search, TimeProvider.System);
        return system;
    }

    private static string Logging(LogTarget log) => $"actortrainer {{ log-file = {Quoted(log.File)}, log-format = {log.Format} }}";

    private static string Quoted(string text) => "\"" + text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal) + "\"";
}

/// <summary>Where a node listens, what it does, and whom it joins.</summary>
/// <param name="Port">0: a free one.</param>
/// <param name="Seeds"><c>HOST:PORT</c>; none where it finds the others itself.</param>
public sealed record NodeAddress(string Host, int Port, ImmutableArray<string> Roles, ImmutableArray<string> Seeds, NodeDiscovery? Discovery = null);
