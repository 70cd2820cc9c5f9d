using System.Collections.Immutable;
using ActorTrainer.Actors.Hosting;

namespace ActorTrainer.Hosting.Cluster;

/// <summary>All nodes stand in a list.</summary>
/// <param name="Nodes"><c>HOST:PORT</c>.</param>
internal sealed record ListedNodes(ImmutableArray<string> Nodes) : NodeDiscovery(1, TimeSpan.Zero)
{
    public override Task<IReadOnlyList<string>> FindAsync(int port, CancellationToken cancel) => Task.FromResult<IReadOnlyList<string>>(Nodes);
}
