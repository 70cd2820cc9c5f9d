using System.Collections.Immutable;
using ActorTrainer.Actors.Hosting;
using ActorTrainer.Api;
using ActorTrainer.Core.Experiments;
using ActorTrainer.Journal;
using ActorTrainer.Transport.Gradients;
using ActorTrainer.Transport.Gradients.Gpu;

namespace ActorTrainer.Hosting.Cluster;

/// <summary>What a node is told: by its file and its command line.</summary>
/// <param name="Host">The address that it listens on and is known by.</param>
/// <param name="Port">Akka's; 0: a free one.</param>
/// <param name="Http">0: a free one; null: a gateway's default, and none on other nodes.</param>
/// <param name="Seeds"><c>HOST:PORT</c> of nodes to join; none: a coordinator begins a cluster.</param>
internal sealed record NodeSettings(string Host, int Port, int? Http, ImmutableArray<string> Roles, ImmutableArray<string> Seeds, RunsFolder Runs)
{
    /// <summary>How the others are found, instead of seeds; null: by seeds.</summary>
    public NodeDiscovery? Discovery { get; init; }

    /// <summary>Around everything that leaves the process; null: nothing is encrypted.</summary>
    public CollectiveTls? Tls { get; init; }

    /// <summary>Of the HTTP API; none: no key is asked for.</summary>
    public ImmutableArray<ApiKey> Keys { get; init; } = [];

    /// <summary>The port of gRPC on a gateway; 0: a free one; null: none.</summary>
    public int? Grpc { get; init; }

    /// <summary>How often one caller of the HTTP API may ask; null: as often as he likes.</summary>
    public RateLimit? RateLimit { get; init; }

    /// <summary>Other places whose pages may ask it.</summary>
    public ImmutableArray<string> Origins { get; init; } = [];

    /// <summary>Folders that experiments may take data and weights from; null: any.</summary>
    public ImmutableArray<string>? DataRoots { get; init; }

    /// <summary>How many it holds side by side; null: one a GPU, one on CPUs.</summary>
    public int? Trainers { get; init; }

    /// <summary>Of a data set that is uploaded to it; 0: none is taken.</summary>
    public long MaxUploadBytes { get; init; }

    /// <summary>How vectors of GPUs move.</summary>
    public GpuTransport Gpus { get; init; }

    /// <summary>HOCON of the node's own for Akka, over all else; empty: none.</summary>
    public string Akka { get; init; } = "";

    /// <summary>It is no node: it serves what is in its runs folder, in no cluster.</summary>
    public bool IsAlone { get; init; }

    /// <summary>As it is called in file names.</summary>
    public string FileName => $"{Host}-{Port}";

    /// <summary>The folder of nodes' logs.</summary>
    public string Logs => Path.Combine(Runs.Path, RunLogs.NodesFolder);

    public bool Is(string role) => Roles.Contains(role);

    public LogFormat LogFormat { get; init; }

    public LogTarget Log => new(Path.Combine(Logs, $"{FileName}.log"), LogFormat);

    /// <summary>The log of one of its parts.</summary>
    public LogTarget LogOf(string part) => new(Path.Combine(Logs, $"{FileName}.{part}.log"), LogFormat);
}
