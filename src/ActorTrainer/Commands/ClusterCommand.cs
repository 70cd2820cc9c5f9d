using System.CommandLine;
using System.Text.Json;
using ActorTrainer.Client;
using ActorTrainer.Core;
using ActorTrainer.Terminal;

namespace ActorTrainer.Commands;

/// <summary>Which nodes a cluster has, how they are, and for whom they train.</summary>
internal static class ClusterCommand
{
    public static readonly string[] Examples =
    [
        "actortrainer cluster --server http://127.0.0.1:4080",
        "actortrainer cluster --json | jq '[.nodes[] | select(.state == \"up\")] | length'",
    ];

    public static Command Create(Screen screen)
    {
        var json = CommonOptions.Json();
        var command = new Command("cluster", "Show the nodes of a cluster: which are up, what they do, and for which experiment they train") { json };
        var server = new ServerOptions(command, null);
        command.SetAction(async (parsed, cancel) =>
        {
            using var client = server.Require(parsed, screen, "This is about a cluster", "'actortrainer node' begins one.");
            var cluster = await DescribeAsync(client, cancel).ConfigureAwait(false);
            if (parsed.GetValue(json)) screen.Result(JsonSerializer.Serialize(cluster, CoreJson.Readable));
            else Write(screen, cluster);
            return ExitCode.Done;
        });
        return command;
    }

    private static async Task<ClusterDescription> DescribeAsync(ActorTrainerClient client, CancellationToken cancel)
    {
        try
        {
            return await client.DescribeClusterAsync(cancel).ConfigureAwait(false);
        }
        catch (ServiceException e) when (e.Status == 404)
        {
            throw new UsageException("This is 'actortrainer serve': it answers for models and belongs to no cluster. 'actortrainer node' begins one.");
        }
    }

    private static void Write(Screen screen, ClusterDescription cluster)
    {
        var table = Tables.Create("node", "state", "roles", "device", "trains");
        foreach (var node in cluster.Nodes) table.Row(node.Name, node.State, string.Join(", ", node.Roles), node.Device ?? "-", node.Trains ?? "-");
        screen.Out.Write(table);
        screen.Out.Facts(("under way", cluster.Experiments.IsEmpty ? "nothing" : string.Join(", ", cluster.Experiments)));
    }
}
