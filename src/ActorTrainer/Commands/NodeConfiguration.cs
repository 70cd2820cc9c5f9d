using System.Collections.Immutable;
using ActorTrainer.Actors.Journal;
using ActorTrainer.Api;
using ActorTrainer.Core.Experiments;
using ActorTrainer.Hosting;
using ActorTrainer.Hosting.Cluster;
using ActorTrainer.Transport.Gradients;

namespace ActorTrainer.Commands;

/// <summary>What a node's file says, for the commands that listen. Throws <see cref="UsageException"/> for what can't be used.</summary>
internal static class NodeConfiguration
{
    private const int DefaultRequestsPerSecond = 100;

    public static NodeFileSettings Read(string? file)
    {
        if (file is null) return NodeFileSettings.Empty;
        var (settings, problems) = NodeFile.Read(file);
        return settings ?? throw new UsageException(ConfigurationProblem.ToText(problems));
    }

    public static RunsFolder RunsOf(string? asked, NodeFileSettings file)
    {
        var runs = RunsFolder.Choose(asked ?? file.Runs);
        if (file.Journal is { } journal) runs = runs with { Journal = JournalLocation.Parse(journal) };
        if (file.DataSets.Folder is { } sets) runs = runs with { DataSets = sets };
        return file.Checkpoints is { } checkpoints ? runs.WithCheckpointsIn(checkpoints) : runs;
    }

    public static ImmutableArray<ApiKey> KeysOf(NodeFileSettings file) =>
        [.. file.Keys.Select(key => new ApiKey(Enum.Parse<ApiScope>(key.Scope, ignoreCase: true), key.Sha256))];

    /// <summary>Null: none, as on loopback where the file says nothing.</summary>
    public static RateLimit? RateLimitOf(NodeFileSettings file, string host)
    {
        int requests = file.RateLimit.RequestsPerSecond ?? (NodeGates.IsLoopback(host) ? 0 : DefaultRequestsPerSecond);
        return requests == 0 ? null : new(requests, file.RateLimit.Burst ?? requests * 2);
    }

    /// <summary>Null: the file names none.</summary>
    public static CollectiveTls? TlsOf(NodeFileSettings file)
    {
        try
        {
            return file.Tls is { } tls ? NodeCertificates.Load(tls.Certificate, tls.Key, tls.Authority) : null;
        }
        catch (FormatException e)
        {
            throw new UsageException(e.Message);
        }
    }
}
