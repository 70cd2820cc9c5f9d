using System.Collections.Immutable;
using ActorTrainer.Core.Experiments.Binding;
using ActorTrainer.Core.Experiments.Hocon;

namespace ActorTrainer.Core.Experiments;

/// <summary>What a node's file says; null where it leaves a key to the command line or the default. Paths are absolute.</summary>
/// <param name="Journal">A secret: it may hold a password.</param>
/// <param name="Origins">Of other places whose pages may ask: a scheme, a host and perhaps a port each.</param>
/// <param name="Collective">One of <see cref="NodeFile.Collectives"/>.</param>
/// <param name="Akka">HOCON for Akka; empty: none.</param>
public sealed record NodeFileSettings(
    string? Host, int? Port, int? Http, int? Grpc, ImmutableArray<string>? Roles, ImmutableArray<string>? Seeds, NodeFileDiscovery? Discovery, string? Runs, string? Journal, string? Checkpoints, NodeTlsFiles? Tls,
    ImmutableArray<NodeFileKey> Keys, ImmutableArray<string>? DataRoots, int? Trainers, NodeFileDataSets DataSets, NodeFileRateLimit RateLimit, ImmutableArray<string>? Origins, string? Collective, LogFormat? LogFormat, string Akka)
{
    public static NodeFileSettings Empty { get; } = new(null, null, null, null, null, null, null, null, null, null, null, [], null, null, new(null, null), new(null, null), null, null, null, "");

    /// <summary>Sealed against printing: it holds secrets.</summary>
    public override string ToString() => nameof(NodeFileSettings);
}

/// <summary>How nodes find each other without seeds.</summary>
/// <param name="Method"><c>config</c> or <c>kubernetes</c>.</param>
public sealed record NodeFileDiscovery(string Method, ImmutableArray<string> Nodes, string? Label, int? Required);

/// <summary>Of data sets that people upload; null where the file leaves a key to the default.</summary>
public sealed record NodeFileDataSets(string? Folder, int? MaxUploadMebibytes);

/// <summary>How often one caller of the HTTP API may ask; null where the file leaves a key to the default.</summary>
/// <param name="RequestsPerSecond">0: there is no limit.</param>
/// <param name="Burst">Requests at once.</param>
public sealed record NodeFileRateLimit(int? RequestsPerSecond, int? Burst);

/// <summary>PEM files.</summary>
public sealed record NodeTlsFiles(string Certificate, string Key, string Authority);

/// <param name="Scope"><c>read</c>, <c>submit</c> or <c>admin</c>.</param>
/// <param name="Sha256">Of the key; 64 lower-case hex digits.</param>
public sealed record NodeFileKey(string Scope, string Sha256);

/// <summary>A node's file, in the same HOCON as experiments and as strict: what is not known is an error.</summary>
public static class NodeFile
{
    /// <summary>How vectors of GPUs can move.</summary>
    public static ImmutableArray<string> Collectives { get; } = ["auto", "tcp", "nccl"];

    /// <summary>That one process holds.</summary>
    public const int MostTrainers = 64;

    private const int MostRequests = 1_000_000;

    /// <summary>A second.</summary>
    private const int Refills = 10;

    public static ImmutableArray<string> Scopes { get; } = ["read", "submit", "admin"];

    /// <summary>Never throws for what stands in it, or for a file that is not there.</summary>
    public static (NodeFileSettings? Settings, ImmutableArray<ConfigurationProblem> Problems) Read(string path, ConfigurationSources? sources = null)
    {
        sources ??= ConfigurationSources.System;
        string full = Path.GetFullPath(path, sources.WorkingFolder);
        try
        {
            return sources.ReadFile(full, HoconLimits.FileBytes) is { } text ? Parse(text, path, full, sources) : Unreadable("there is no such file");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return Unreadable($"the file can't be read: {e.Message}");
        }

        (NodeFileSettings?, ImmutableArray<ConfigurationProblem>) Unreadable(string message) => (null, [new("", path, 0, 0, message)]);
    }

    private static (NodeFileSettings?, ImmutableArray<ConfigurationProblem>) Parse(string text, string path, string full, ConfigurationSources sources)
    {
        var problems = new ProblemLog();
        var reader = new HoconReader(sources, problems);
        var settings = reader.Read(path, full, text) is { } root ? Bind(root, reader.Referenced, problems) : null;
        return (problems.Errors.Count == 0 ? settings : null, [.. problems.Errors]);
    }

    private static NodeFileSettings Bind(HoconObject root, IReadOnlySet<string> variables, ProblemLog problems)
    {
        var known = NodeReference.Root;
        var own = new HoconObject(root.Fields.Where(field => known[field.Key] is not null || !variables.Contains(field.Key)), root.Origin);
        var node = new Section(problems, "", own, known, root.Origin).Child("node");
        var akka = own["akka"] is { } block ? block.Value as HoconObject : null;
        if (own["akka"] is not null && akka is null) problems.Error("akka", own["akka"]!.Origin, "expected an object { ... }");
        return new(
            Of(node, "host")?.Text("an address or a name"),
            Of(node, "port")?.Integer(0, ushort.MaxValue),
            Of(node, "http")?.Integer(0, ushort.MaxValue),
            Of(node, "grpc")?.Integer(0, ushort.MaxValue),
            Texts(node, "roles", "a list of roles"),
            Texts(node, "seeds", "a list of \"HOST:PORT\""),
            Discovery(node.Child("discovery")),
            Of(node, "runs")?.Location("a folder"),
            Of(node, "journal")?.Text("postgres://USER:PASSWORD@HOST/DATABASE"),
            Of(node, "checkpoints") is { } checkpoints ? Store(checkpoints) : null,
            Tls(node),
            Of(node, "keys")?.Items("a list of { scope, sha256 }") is { } keys ? [.. keys.Select(Key)] : [],
            Of(node, "data-roots")?.Items("a list of folders") is { } roots ? [.. roots.Select(folder => folder.Location("a folder"))] : null,
            Of(node, "trainers")?.Integer(1, MostTrainers),
            DataSets(node.Child("data-sets")),
            RateLimit(node.Child("rate-limit")),
            Of(node.Child("cors"), "origins")?.Items("a list of \"https://HOST\"") is { } origins ? [.. origins.Select(Origin)] : null,
            Of(node, "collective")?.Choice([.. Collectives.Select(name => (name, name))]),
            Of(node, "log-format")?.Choice([("text", LogFormat.Text), ("json", LogFormat.Json)]),
            akka is { Count: > 0 } ? HoconWriter.Document(new([new("akka", akka, akka.Origin)], akka.Origin)) : "");
    }

    private static NodeFileDiscovery? Discovery(Section discovery)
    {
        if (Of(discovery, "method") is not { } method) return null;
        string chosen = method.Choice([("config", "config"), ("kubernetes", "kubernetes")]);
        var nodes = Texts(discovery, "nodes", "a list of \"HOST:PORT\"") ?? [];
        if (chosen == "config" && nodes.IsEmpty) discovery["nodes"].Error("required with method = config: \"HOST:PORT\" of every node");
        return new(chosen, nodes, Of(discovery, "label")?.Text("a label such as app=actortrainer"), Of(discovery, "required")?.Integer(1, 1000));
    }

    private static NodeFileDataSets DataSets(Section sets) =>
        new(Of(sets, "folder")?.Location("a folder"), Of(sets, "max-upload-mib")?.Integer(0, 1 << 20));

    private static NodeFileRateLimit RateLimit(Section limit)
    {
        var (requests, burst) = (Of(limit, "requests-per-second")?.Integer(0, MostRequests), Of(limit, "burst")?.Integer(1, MostRequests));
        if (burst < requests / Refills) limit["burst"].Error($"expected at least {requests / Refills}, a tenth of requests-per-second: what may be asked is counted anew ten times a second");
        return new(requests, burst);
    }

    /// <summary>As browsers send it, to the letter: it is compared as text.</summary>
    private static string Origin(Setting setting)
    {
        string text = setting.Text("an origin such as https://app.example.com");
        if (!Uri.TryCreate(text, UriKind.Absolute, out var uri) || uri.Scheme is not ("http" or "https") || uri.GetLeftPart(UriPartial.Authority) != text)
            setting.Error("expected an origin as browsers send it, such as \"https://app.example.com\" or \"http://localhost:3000\": a scheme and a host, in lower case, a port where it is not the scheme's own, and nothing behind");
        return text;
    }

    private static NodeTlsFiles? Tls(Section node)
    {
        var tls = node.Child("tls");
        var (certificate, key, authority) = (Of(tls, "certificate"), Of(tls, "key"), Of(tls, "authority"));
        if (certificate is null && key is null && authority is null) return null;
        return new(Needed(tls, "certificate"), Needed(tls, "key"), Needed(tls, "authority"));

        static string Needed(Section tls, string name) => tls[name].Location("a PEM file (certificate, key and authority, all three or none)");
    }

    /// <summary>A URI stays as it is; a folder is relative to the file.</summary>
    private static string Store(Setting setting)
    {
        string text = setting.Text("s3://BUCKET/PREFIX or a folder");
        return text.Contains("://", StringComparison.Ordinal) ? text : setting.Location("s3://BUCKET/PREFIX or a folder");
    }

    private static NodeFileKey Key(Setting setting)
    {
        var key = setting.Section(NodeReference.Key);
        string scope = key["scope"].Choice([.. Scopes.Select(name => (name, name))]);
        string hash = key["sha256"].Text("the key's SHA-256");
        if (hash.Length > 0 && (hash.Length != 64 || !hash.All(c => char.IsAsciiDigit(c) || c is >= 'a' and <= 'f')))
            key["sha256"].Error("expected 64 lower-case hex digits: the key's SHA-256, as --new-key prints it, not the key itself");
        return new(scope, hash);
    }

    private static ImmutableArray<string>? Texts(Section node, string key, string what) =>
        Of(node, key)?.Items(what) is { } items ? [.. items.Select(item => item.Text("a text"))] : null;

    /// <summary>Null where the file has none.</summary>
    private static Setting? Of(Section section, string key) => section.IfWritten(key) is { IsNull: false } setting ? setting : null;

    /// <summary>actortrainer.conf: the only list of the file's keys.</summary>
    private static class NodeReference
    {
        private const string Resource = "actortrainer.conf";

        public static HoconObject Root { get; } = Load();

        public static HoconObject Key { get; } = new(new[] { "scope", "sha256" }.Select(name => new HoconField(name, new HoconScalar("null", HoconKind.Null, Root.Origin), Root.Origin)), Root.Origin);

        private static HoconObject Load()
        {
            using var stream = typeof(NodeFile).Assembly.GetManifestResourceStream(Resource) ?? throw new InvalidOperationException($"{Resource} is not embedded");
            using var reader = new StreamReader(stream);
            var problems = new ProblemLog();
            return new HoconReader(ConfigurationSources.Isolated, problems).Read(Resource, Path.GetFullPath(Resource), reader.ReadToEnd())
                ?? throw new InvalidOperationException($"{Resource}: {ConfigurationProblem.ToText(problems.Errors)}");
        }
    }
}
