using System.Collections.Immutable;
using System.CommandLine;
using System.Globalization;
using ActorTrainer.Actors.Coordination;
using ActorTrainer.Hosting;
using ActorTrainer.Hosting.Cluster;
using ActorTrainer.Terminal;

namespace ActorTrainer.Commands;

/// <summary>A node of a cluster, until Ctrl-C or SIGTERM.</summary>
internal static class NodeCommand
{
    public static readonly string[] Examples =
    [
        "actortrainer node --runs /shared/runs",
        "actortrainer node --roles trainer --host 10.0.0.2 --seed 10.0.0.1:4053 --runs /shared/runs",
        "actortrainer submit photos.conf --server http://127.0.0.1:4080",
    ];

    private static readonly ImmutableArray<string> AllRoles =
        [CoordinatorActor.Role, CoordinatorActor.TrainerRole, CoordinatorActor.EvaluatorRole, CoordinatorActor.GatewayRole];

    public static Command Create(Screen screen, Services services)
    {
        var roles = new Option<string>("--roles") { Description = "What it does, of coordinator, trainer, evaluator, gateway; default: all", HelpName = "a,b" };
        var host = new Option<string>("--host") { Description = "The address it listens on and is known by", DefaultValueFactory = _ => "127.0.0.1" };
        var port = new Option<int>("--port") { Description = "The port of the control plane", DefaultValueFactory = _ => 4053 };
        var http = new Option<int>("--http") { Description = "The port of the gateway's HTTP", DefaultValueFactory = _ => 4080 };
        var seed = new Option<string[]>("--seed") { Description = "A node to join; may be given several times. None: a coordinator begins a cluster", HelpName = "HOST:PORT", DefaultValueFactory = _ => [] };
        var runs = CommonOptions.Runs();
        var command = new Command("node", "A node of a cluster: trains, evaluates, coordinates, answers") { roles, host, port, http, seed, runs };
        command.SetAction(async (parsed, cancel) =>
        {
            var wanted = Roles(parsed.GetValue(roles));
            ImmutableArray<string> seeds = [.. parsed.GetRequiredValue(seed)];
            foreach (string text in seeds.Where(text => !IsAddress(text))) throw new UsageException($"--seed {text}: HOST:PORT is needed, such as 10.0.0.1:4053.");
            if (seeds.IsEmpty && !wanted.Contains(CoordinatorActor.Role))
                throw new UsageException("A node that does not coordinate joins others: name one with --seed HOST:PORT, or give it the role coordinator.");
            var settings = new NodeSettings(parsed.GetRequiredValue(host), parsed.GetRequiredValue(port), parsed.GetRequiredValue(http), wanted, seeds, RunsFolder.Choose(parsed.GetValue(runs)));
            Directory.CreateDirectory(settings.Runs.Path);
            await new ClusterNode(settings, services.Data, services.Engine, screen.Say, TimeProvider.System).RunAsync(cancel).ConfigureAwait(false);
            return ExitCode.Done;
        });
        return command;
    }

    private static ImmutableArray<string> Roles(string? text)
    {
        if (text is null) return AllRoles;
        ImmutableArray<string> wanted = [.. text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Distinct()];
        foreach (string role in wanted.Except(AllRoles))
        {
            string hint = Spelling.Nearest(role, AllRoles) is { } nearest ? $" Did you mean {nearest}?" : "";
            throw new UsageException($"There is no role '{role}'.{hint} Roles are {string.Join(", ", AllRoles)}.");
        }

        return wanted.IsEmpty ? throw new UsageException("--roles is empty.") : wanted;
    }

    private static bool IsAddress(string text) =>
        text.LastIndexOf(':') is > 0 and var colon && ushort.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out ushort port) && port > 0;
}
