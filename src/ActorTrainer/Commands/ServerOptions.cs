using System.CommandLine;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using ActorTrainer.Client;
using ActorTrainer.Terminal;

namespace ActorTrainer.Commands;

/// <summary>The options by which a command is pointed at a cluster instead of a runs folder.</summary>
internal sealed class ServerOptions
{
    public const string ServerVariable = "ACTORTRAINER_SERVER", KeyVariable = "ACTORTRAINER_KEY", AuthorityVariable = "ACTORTRAINER_AUTHORITY";

    private readonly Option<string?> _server = new("--server") { HelpName = "URL[,URL]", Description = $"A gateway of a cluster, such as http://127.0.0.1:4080, or several with commas between them: one that is gone is left for the next (default: ${ServerVariable}, else the runs folder)" };
    private readonly Option<string?> _key = new("--key") { HelpName = "KEY", Description = $"The key that the cluster asks for; better kept in ${KeyVariable}: others of this machine see command lines" };
    private readonly Option<string?> _authority = new("--authority") { HelpName = "FILE", Description = $"The authority (PEM) that signed the cluster's certificates (default: ${AuthorityVariable}, else the system's)" };
    private readonly Option<string?>? _runs;

    /// <param name="runs">The other place that the command can be pointed at; null: there is none.</param>
    public ServerOptions(Command command, Option<string?>? runs)
    {
        _runs = runs;
        command.Options.Add(_server);
        command.Options.Add(_key);
        command.Options.Add(_authority);
    }

    /// <summary>Null: no cluster is meant. A runs folder that is named goes before the environment's server.</summary>
    public ActorTrainerClient? Connect(ParseResult parsed, Screen screen)
    {
        bool namesRuns = _runs is not null && parsed.GetValue(_runs) is not null;
        string? asked = parsed.GetValue(_server);
        if (asked is not null && namesRuns) throw new UsageException("--server and --runs: the one is a cluster, the other a folder; name one of them.");
        string? server = asked ?? (namesRuns ? null : Variable(ServerVariable));
        if (server is null) return null;
        try
        {
            return new(new()
            {
                Servers = ServerAddresses.Parse(server),
                Key = parsed.GetValue(_key) ?? Variable(KeyVariable),
                Authority = Authority(parsed.GetValue(_authority) ?? Variable(AuthorityVariable)),
                Notice = screen.Say,
            });
        }
        catch (FormatException e)
        {
            throw new UsageException(e.Message);
        }
    }

    /// <summary>For a command that has no other place to go to.</summary>
    /// <param name="need">What wants a gateway, such as <c>submit needs a cluster</c>.</param>
    /// <param name="otherwise">A sentence on where one comes from, or what goes without.</param>
    public ActorTrainerClient Require(ParseResult parsed, Screen screen, string need, string otherwise) =>
        Connect(parsed, screen) ?? throw new UsageException($"{need}: name a gateway with --server URL or ${ServerVariable}. {otherwise}");

    /// <summary>As it is written behind a command that is shown: without a key.</summary>
    public string Shown(ParseResult parsed) => parsed.GetValue(_server) is { } server ? $" --server {server}" : "";

    private static string? Variable(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;

    private static X509Certificate2? Authority(string? file)
    {
        if (file is null) return null;
        try
        {
            return X509Certificate2.CreateFromPem(File.ReadAllText(file));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException)
        {
            throw new UsageException($"The authority {file} can't be read: {e.Message}");
        }
    }
}
