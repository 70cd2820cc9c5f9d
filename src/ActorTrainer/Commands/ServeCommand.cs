using System.CommandLine;
using ActorTrainer.Actors.Coordination;
using ActorTrainer.Api;
using ActorTrainer.Core.Experiments;
using ActorTrainer.Hosting;
using ActorTrainer.Hosting.Cluster;
using ActorTrainer.Terminal;

namespace ActorTrainer.Commands;

/// <summary>The models of a runs folder as a service, in one process and without a cluster, until Ctrl-C or SIGTERM.</summary>
internal static class ServeCommand
{
    public static readonly string[] Examples =
    [
        "actortrainer serve",
        "actortrainer serve --runs /data/runs --http 8080",
        "actortrainer serve --config /etc/actortrainer/actortrainer.conf --host 10.0.0.2",
    ];

    public static Command Create(Screen screen, Services services)
    {
        var config = new Option<string?>("--config") { Description = "A node's file, for its keys, TLS and runs folder; the other options override it", HelpName = "FILE" };
        var host = new Option<string?>("--host") { Description = "The address it listens on (default: 127.0.0.1); any other asks for TLS and keys in the file" };
        var http = new Option<int?>("--http") { Description = $"The port (default: {NodeCommand.DefaultHttp}); 0: a free one", HelpName = "PORT" };
        var grpc = new Option<int?>("--grpc") { Description = "The port of the Open Inference Protocol over gRPC (default: none); 0: a free one", HelpName = "PORT" };
        var runs = CommonOptions.Runs();
        var command = new Command("serve", "Serve the models of completed runs: predictions over HTTP, and a page to try them") { config, host, http, grpc, runs };
        command.SetAction(async (parsed, cancel) =>
        {
            var file = NodeConfiguration.Read(parsed.GetValue(config));
            int port = parsed.GetValue(http) ?? file.Http ?? NodeCommand.DefaultHttp;
            string address = parsed.GetValue(host) ?? file.Host ?? "127.0.0.1";
            var settings = new NodeSettings(address, port, port, [NodeRoles.Gateway], [], NodeConfiguration.RunsOf(parsed.GetValue(runs), file))
            {
                IsAlone = true,
                Keys = NodeConfiguration.KeysOf(file),
                Grpc = parsed.GetValue(grpc) ?? file.Grpc,
                RateLimit = NodeConfiguration.RateLimitOf(file, address),
                Origins = file.Origins ?? [],
                Tls = NodeConfiguration.TlsOf(file),
                LogFormat = file.LogFormat ?? LogFormat.Text,
            };
            if (NodeGates.Refusal(settings) is { } refusal) throw new UsageException(refusal);
            Directory.CreateDirectory(settings.Runs.Path);
            using var traces = TraceExport.Start("serve");
            var say = NodeVoice.Of(screen, settings.LogFormat, TimeProvider.System);
            await using var gateway = new Gateway(settings, services.Engine, say, TimeProvider.System);
            say($"Serving {settings.Runs.Path} on {await gateway.StartAsync(cancel).ConfigureAwait(false)}");
            if (gateway.RpcAddress is { } rpc) say($"By gRPC on {rpc}");
            await gateway.PrepareModelsAsync(cancel).ConfigureAwait(false);
            await Task.Delay(Timeout.InfiniteTimeSpan, cancel).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            return ExitCode.Done;
        });
        return command;
    }
}
