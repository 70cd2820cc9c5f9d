using System.Security.Cryptography;
using System.Text;

namespace ActorTrainer.Transport.Gradients;

/// <summary>Where a process can be reached by its peers: announced with its other facts, compared by value, at home in JSON.</summary>
/// <param name="Host">A name or address that the peers can resolve.</param>
/// <param name="LocalName">Its Unix socket in the abstract namespace (no file, so none is left by a kill); null where there is none.</param>
/// <param name="HostId">Processes with one host id can meet at <paramref name="LocalName"/>.</param>
public sealed record CollectiveEndpoint(string Host, int Port, string? LocalName, string HostId)
{
    /// <summary>
    /// This boot of this kernel in this network namespace: abstract sockets reach just as far. So hosts that are simulated by namespaces are
    /// hosts, and two containers of one pod are one.
    /// </summary>
    public static string ThisHost { get; } = FindHost();

    public override string ToString() => $"{Host}:{Port}";

    private static string FindHost()
    {
        const string boot = "/proc/sys/kernel/random/boot_id", network = "/proc/self/ns/net";
        string identity = File.Exists(boot)
            ? $"{File.ReadAllText(boot).Trim()} {new FileInfo(network).LinkTarget}"
            : Environment.MachineName;
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(identity)).AsSpan(0, 12));
    }
}
