using System.Net;
using System.Net.Sockets;
using ActorTrainer.Actors.Coordination;

namespace ActorTrainer.Hosting.Cluster;

/// <summary>What a node refuses to start with.</summary>
internal static class NodeGates
{
    /// <summary>Null: it may start; else why not, and what to do.</summary>
    public static string? Refusal(NodeSettings settings)
    {
        if (!IsLoopback(settings.Host))
        {
            if (settings.Tls is null)
            {
                return $"On {settings.Host} others can reach this node, so it needs TLS: name a certificate, its key and the authority that signed those of all nodes in the node file " +
                    "(node.tls { certificate, key, authority }; deploy/certificates.sh makes them), or use --host 127.0.0.1.";
            }

            if (settings.Is(NodeRoles.Gateway) && settings.Keys.IsEmpty)
            {
                return $"On {settings.Host} others can reach this gateway, so it needs keys: 'actortrainer node --new-key submit' makes one and the line for node.keys in the node file; " +
                    "or use --host 127.0.0.1.";
            }
        }

        if (settings.Is(NodeRoles.Coordinator) && !settings.Runs.Journal.IsShared && settings.Seeds.Any(seed => seed != $"{settings.Host}:{settings.Port}"))
        {
            return $"More than one coordinator needs a journal that they share, and {settings.Runs.Journal} is a file of this machine: put it on PostgreSQL " +
                "($ACTORTRAINER_JOURNAL or node.journal), or join the others without the role coordinator (--roles trainer,evaluator,gateway).";
        }

        return null;
    }

    /// <summary>Whether nobody but this machine can reach what listens there. A name that can't be resolved now counts as reachable.</summary>
    public static bool IsLoopback(string host)
    {
        if (IPAddress.TryParse(host, out var address)) return IPAddress.IsLoopback(address);
        if (host == "localhost") return true;
        try
        {
            return Dns.GetHostAddresses(host) is { Length: > 0 } addresses && addresses.All(IPAddress.IsLoopback);
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
