using ActorTrainer.EndToEnd.Tests.Processes;

namespace ActorTrainer.EndToEnd.Tests.Cluster;

/// <summary>Nodes on <see cref="TestHosts"/>, guarded as others can reach them; host 1 has the coordinator, whom the others join.</summary>
/// <param name="file">Of every node.</param>
internal sealed class HostedNodes(TestHosts hosts, Workshop workshop, string file)
{
    public const int Coordinator = 1, Http = 4080;
    private const int Port = 4053;

    /// <summary>Returns when it is in the cluster.</summary>
    public async Task<RunningProgram> StartAsync(int host, string roles, params string[] more)
    {
        string[] seed = host == Coordinator ? [] : ["--seed", $"{TestHosts.Address(Coordinator)}:{Port}"];
        var node = RunningProgram.Start(workshop.Folder,
            ["node", "--config", file, "--runs", workshop.Runs, "--host", TestHosts.Address(host), "--port", $"{Port}", "--roles", roles, .. seed, .. more], on: hosts.On(host));
        await node.Until("it is in the cluster", () => node.Error.Contains("In the cluster as", StringComparison.Ordinal));
        return node;
    }

    /// <summary>Hands tiny.conf to the gateway of a host.</summary>
    public async Task SubmitAsync(int gateway, string key, string[] settings)
    {
        using var submit = RunningProgram.Start(workshop.Folder,
            ["submit", "tiny.conf", .. settings, "--server", $"https://{TestHosts.Address(gateway)}:{Http}", "--authority", "tls/ca.pem", "--key", key], on: hosts.On(gateway));
        (await submit.Ended()).Returns(0);
    }
}
