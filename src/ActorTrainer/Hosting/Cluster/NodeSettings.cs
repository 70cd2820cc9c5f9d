using System.Collections.Immutable;

namespace ActorTrainer.Hosting.Cluster;

/// <summary>What a node is told: by its command line.</summary>
/// <param name="Host">The address that it listens on and is known by.</param>
/// <param name="Port">Akka's; 0: a free one.</param>
/// <param name="Http">The gateway's; 0: a free one.</param>
/// <param name="Seeds"><c>HOST:PORT</c> of nodes to join; none: a coordinator begins a cluster.</param>
internal sealed record NodeSettings(string Host, int Port, int Http, ImmutableArray<string> Roles, ImmutableArray<string> Seeds, RunsFolder Runs)
{
    public bool Is(string role) => Roles.Contains(role);
}
