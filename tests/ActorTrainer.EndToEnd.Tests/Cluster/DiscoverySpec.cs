using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using ActorTrainer.EndToEnd.Tests.Processes;

namespace ActorTrainer.EndToEnd.Tests.Cluster;

/// <summary>Nodes that nobody told of each other but by discovery.</summary>
[Collection(ProcessTests.Name)]
public sealed class DiscoverySpec(Undisturbed undisturbed)
{
    [Fact]
    public async Task Nodes_without_seeds_find_each_other_and_one_that_is_started_again_finds_the_others()
    {
        using var workshop = new Workshop();
        int[] ports = [.. Enumerable.Range(0, 3).Select(_ => FreePort())];
        int http = FreePort();
        string file = workshop.Write("node.conf", $$"""node.discovery { method = config, nodes = [{{string.Join(", ", ports.Select(port => $"\"127.0.0.1:{port}\""))}}] }""");
        using var first = Start("coordinator,evaluator,gateway", 0, "--http", $"{http}");
        using var second = Start("trainer", 1);
        using var third = Start("trainer", 2);
        foreach (var node in new[] { first, second, third }) await node.Until("it is in the cluster", () => node.Error.Contains("In the cluster as", StringComparison.Ordinal));

        string server = $"http://127.0.0.1:{http}";
        using var client = new HttpClient();
        await first.Until("it knows what they have", () => Nodes().Count(node => node!["device"] is not null) == 3);
        using (var submit = RunningProgram.Start(workshop.Folder, ["submit", "tiny.conf", "--set", "experiment.resources.trainers.max=2", "--server", server, "--wait", "--json"]))
            Assert.Equal(undisturbed.Digest, (await submit.Ended()).Completes().Digest);

        // The one that began the cluster, or not: whoever comes back joins those who are there.
        first.Kill();
        await first.Ended();
        using var again = Start("coordinator,evaluator,gateway", 0, "--http", $"{http}");
        await again.Until("it is in the cluster", () => again.Error.Contains("In the cluster as", StringComparison.Ordinal));
        await again.Until("all three are members", () => Nodes().Count == 3);

        JsonArray Nodes()
        {
            // While the coordinator moves, the gateway knows nobody.
            using var answer = client.GetAsync($"{server}/v1/cluster").GetAwaiter().GetResult();
            return answer.IsSuccessStatusCode ? JsonNode.Parse(answer.Content.ReadAsStringAsync().GetAwaiter().GetResult())!["nodes"]!.AsArray() : [];
        }

        RunningProgram Start(string roles, int index, params string[] more)
        {
            return RunningProgram.Start(workshop.Folder, ["node", "--config", file, "--runs", workshop.Runs, "--roles", roles, "--port", $"{ports[index]}", .. more]);
        }
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
