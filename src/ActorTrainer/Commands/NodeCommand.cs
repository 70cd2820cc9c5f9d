using System.Collections.Immutable;
using System.CommandLine;
using System.Globalization;
using ActorTrainer.Actors.Coordination;
using ActorTrainer.Actors.Hosting;
using ActorTrainer.Api;
using ActorTrainer.Core.Experiments;
using ActorTrainer.Hosting;
using ActorTrainer.Hosting.Cluster;
using ActorTrainer.Terminal;
using ActorTrainer.Transport.Gradients.Gpu;

namespace ActorTrainer.Commands;

/// <summary>A node of a cluster, until Ctrl-C or SIGTERM.</summary>
internal static class NodeCommand
{
    public static readonly string[] Examples =
    [
        "actortrainer node --runs /shared/runs",
        "actortrainer node --config /etc/actortrainer/actortrainer.conf --roles trainer --host 10.0.0.2 --seed 10.0.0.1:4053",
        "actortrainer node --new-key submit",
    ];

    private const int DefaultPort = 4053, DefaultRequired = 2, DefaultUploadMebibytes = 2048;
    private const string DefaultLabel = "app.kubernetes.io/name=actortrainer";

    internal const int DefaultHttp = 4080;

    private static readonly ImmutableArray<string> AllRoles =
        [NodeRoles.Coordinator, NodeRoles.Trainer, NodeRoles.Evaluator, NodeRoles.Gateway];

    public static Command Create(Screen screen, Services services)
    {
        var config = new Option<string?>("--config") { Description = "The node's file; the other options override it", HelpName = "FILE" };
        var roles = new Option<string?>("--roles") { Description = "What it does, of coordinator, trainer, evaluator, gateway; default: all", HelpName = "a,b" };
        var host = new Option<string?>("--host") { Description = "The address it listens on and is known by (default: 127.0.0.1)" };
        var port = new Option<int?>("--port") { Description = $"The port of the control plane (default: {DefaultPort})" };
        var http = new Option<int?>("--http") { Description = $"The port of /health, /ready and the gateway's API (default: {DefaultHttp} on a gateway, none elsewhere)" };
        var seed = new Option<string[]>("--seed") { Description = "A node to join; may be given several times. None: a coordinator begins a cluster", HelpName = "HOST:PORT", DefaultValueFactory = _ => [] };
        var trainers = new Option<int?>("--trainers") { Description = "How many trainers this process holds (default: one a GPU; one on CPUs)", HelpName = "N" };
        var grpc = new Option<int?>("--grpc") { Description = "The port of the Open Inference Protocol over gRPC (default: none); 0: a free one", HelpName = "PORT" };
        var runs = CommonOptions.Runs();
        var logFormat = new Option<string?>("--log-format") { Description = "Of its log and of what it says on stderr: text for people, json for machines (default: text)", HelpName = "text|json" };
        var newKey = new Option<string?>("--new-key") { Description = "Print a new key for the gateway's API, and its line for the node's file; nothing is started", HelpName = string.Join('|', NodeFile.Scopes) };
        var command = new Command("node", "A node of a cluster: trains, evaluates, coordinates, answers") { config, roles, host, port, http, grpc, seed, trainers, runs, logFormat, newKey };
        command.SetAction(async (parsed, cancel) =>
        {
            if (parsed.GetValue(newKey) is { } scope) return NewKey(screen, scope);
            var file = NodeConfiguration.Read(parsed.GetValue(config));
            var wanted = Roles(parsed.GetValue(roles) is { } text ? [.. text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)] : file.Roles);
            ImmutableArray<string> seeds = parsed.GetRequiredValue(seed) is { Length: > 0 } given ? [.. given] : file.Seeds ?? [];
            foreach (string other in seeds.Where(other => !IsAddress(other))) throw new UsageException($"'{other}' is no node to join: HOST:PORT is needed, such as 10.0.0.1:4053.");
            var discovery = parsed.GetRequiredValue(seed) is { Length: > 0 } ? null : Discovery(file);
            if (discovery is not null && !seeds.IsEmpty) throw new UsageException("node.seeds and node.discovery: nodes are named or found; leave one of them out.");
            if (seeds.IsEmpty && discovery is null && !wanted.Contains(NodeRoles.Coordinator))
                throw new UsageException("A node that does not coordinate joins others: name one with --seed HOST:PORT, or give it the role coordinator.");
            string address = parsed.GetValue(host) ?? file.Host ?? "127.0.0.1";
            var settings = new NodeSettings(
                address, parsed.GetValue(port) ?? file.Port ?? DefaultPort,
                parsed.GetValue(http) ?? file.Http ?? (wanted.Contains(NodeRoles.Gateway) ? DefaultHttp : null), wanted, seeds, NodeConfiguration.RunsOf(parsed.GetValue(runs), file))
            {
                Keys = NodeConfiguration.KeysOf(file),
                Grpc = parsed.GetValue(grpc) ?? file.Grpc,
                RateLimit = NodeConfiguration.RateLimitOf(file, address),
                Origins = file.Origins ?? [],
                Discovery = discovery,
                Akka = file.Akka,
                Tls = NodeConfiguration.TlsOf(file),
                Gpus = Enum.Parse<GpuTransport>(file.Collective ?? nameof(GpuTransport.Auto), ignoreCase: true),
                Trainers = parsed.GetValue(trainers) ?? file.Trainers,
                LogFormat = parsed.GetValue(logFormat) is { } format ? Format(format) : file.LogFormat ?? LogFormat.Text,
                MaxUploadBytes = (long)(file.DataSets.MaxUploadMebibytes ?? DefaultUploadMebibytes) << 20,
            };
            settings = settings with { DataRoots = file.DataRoots ?? (NodeGates.IsLoopback(settings.Host) ? null : ImmutableArray<string>.Empty) };
            if (settings.Trainers is < 1 or > NodeFile.MostTrainers) throw new UsageException($"--trainers {settings.Trainers}: 1 to {NodeFile.MostTrainers} are possible.");
            if (NodeGates.Refusal(settings) is { } refusal) throw new UsageException(refusal);
            Directory.CreateDirectory(settings.Runs.Path);
            using var traces = TraceExport.Start("node");
            await new ClusterNode(settings, services.Data, services.Engine, NodeVoice.Of(screen, settings.LogFormat, TimeProvider.System), TimeProvider.System).RunAsync(cancel).ConfigureAwait(false);
            return ExitCode.Done;
        });
        return command;
    }

    private static NodeDiscovery? Discovery(NodeFileSettings file)
    {
        if (file.Discovery is not { } asked) return null;
        foreach (string other in asked.Nodes.Where(other => !IsAddress(other))) throw new UsageException($"node.discovery.nodes: '{other}' is no HOST:PORT.");
        return asked.Method == "kubernetes" ? new KubernetesPods(asked.Label ?? DefaultLabel, asked.Required ?? DefaultRequired) : new ListedNodes(asked.Nodes);
    }

    private static int NewKey(Screen screen, string scope)
    {
        if (!NodeFile.Scopes.Contains(scope)) throw new UsageException($"--new-key {scope}: the scopes are {string.Join(", ", NodeFile.Scopes)}.");
        string key = ApiKey.NewSecret();
        screen.Result(key);
        screen.Say("This key is shown once and kept nowhere. For node.keys in the file of every gateway:");
        screen.Say($"  {{ scope = {scope}, sha256 = \"{ApiKey.HashOf(key)}\" }}");
        return ExitCode.Done;
    }

    private static LogFormat Format(string asked) => asked switch
    {
        "text" => LogFormat.Text,
        "json" => LogFormat.Json,
        _ => throw new UsageException($"--log-format {asked}: text or json is needed."),
    };

    private static ImmutableArray<string> Roles(ImmutableArray<string>? named)
    {
        if (named is null) return AllRoles;
        ImmutableArray<string> wanted = [.. named.Value.Distinct()];
        foreach (string role in wanted.Except(AllRoles))
        {
            string hint = Spelling.Nearest(role, AllRoles) is { } nearest ? $" Did you mean {nearest}?" : "";
            throw new UsageException($"There is no role '{role}'.{hint} Roles are {string.Join(", ", AllRoles)}.");
        }

        return wanted.IsEmpty ? throw new UsageException("No role is named.") : wanted;
    }

    private static bool IsAddress(string text) =>
        text.LastIndexOf(':') is > 0 and var colon && ushort.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out ushort port) && port > 0;
}
