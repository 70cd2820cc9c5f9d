using System.Collections.Immutable;
using Akka.Actor;
using Akka.Event;

namespace ActorTrainer.Actors.Hosting;

/// <summary>
/// Looks up who may be in the cluster until that is enough of them and has been the same for a while, and joins them as seeds, in order of their addresses:
/// whoever of them is in a cluster is joined; where nobody is, the first begins one and the others come to it.
/// </summary>
internal static class SeedSearch
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500), Patience = TimeSpan.FromSeconds(5);

    public static async Task JoinAsync(ActorSystem system, NodeDiscovery discovery, TimeProvider time)
    {
        var cluster = Akka.Cluster.Cluster.Get(system);
        var log = Logging.GetLogger(system, typeof(SeedSearch));
        ImmutableArray<string> found = [];
        long since = time.GetTimestamp();
        while (!system.WhenTerminated.IsCompleted)
        {
            var now = await LookUpAsync(cluster.SelfAddress.Port!.Value, discovery, log).ConfigureAwait(false);
            if (!now.SequenceEqual(found))
            {
                log.Info("Found {Count} nodes: {Nodes}", now.Length, string.Join(", ", now));
                (found, since) = (now, time.GetTimestamp());
            }

            if (found.Length >= discovery.Required && time.GetElapsedTime(since) >= discovery.StableFor)
            {
                cluster.JoinSeedNodes(found.Select(node => Address.Parse($"{cluster.SelfAddress.Protocol}://{system.Name}@{node}")));
                return;
            }

            await Task.WhenAny(Task.Delay(Pause, time), system.WhenTerminated).ConfigureAwait(false);
        }
    }

    /// <summary>None where the answer can't be had: it is asked for again.</summary>
    private static async Task<ImmutableArray<string>> LookUpAsync(int port, NodeDiscovery discovery, ILoggingAdapter log)
    {
        using var patience = new CancellationTokenSource(Patience);
        try
        {
            return [.. (await discovery.FindAsync(port, patience.Token).ConfigureAwait(false)).Distinct().Order(StringComparer.Ordinal)];
        }
        catch (IOException e)
        {
            log.Warning("Who else is there can't be looked up, trying again: {Reason}", e.Message);
            return [];
        }
    }
}
