using ActorTrainer.Core.Experiments;

namespace ActorTrainer.Core.Tests.Experiments;

public sealed class NodeFileSpec
{
    private const string Hash = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

    [Fact]
    public void Its_own_reference_reads_back_to_the_defaults()
    {
        using var stream = typeof(NodeFile).Assembly.GetManifestResourceStream("actortrainer.conf")!;
        var settings = Read(new StreamReader(stream).ReadToEnd());
        Assert.Equal(("127.0.0.1", 4053, (int?)null, (string?)null), (settings.Host, settings.Port, settings.Http, settings.Journal));
        Assert.Equal(["coordinator", "trainer", "evaluator", "gateway"], settings.Roles!.Value.ToArray());
        Assert.Null(settings.Tls);
        Assert.Null(settings.DataRoots);
        Assert.Equal(new NodeFileDataSets(null, 2048), settings.DataSets);
        Assert.Equal(new NodeFileRateLimit(null, null), settings.RateLimit);
        Assert.Empty(settings.Origins!);
        Assert.Equal(LogFormat.Text, settings.LogFormat);
        Assert.Equal("", settings.Akka);
    }

    [Fact]
    public void An_empty_file_leaves_all_to_the_command_line() => Assert.Equal(NodeFileSettings.Empty with { Keys = [] }, Read("") with { Keys = [] });

    [Fact]
    public void Everything_can_be_said_and_paths_are_relative_to_the_file()
    {
        var settings = Read($$"""
            node {
              host = 10.0.0.1, port = 1, http = 2, grpc = 4, roles = [trainer], seeds = ["10.0.0.2:3"], runs = runs, journal = ${JOURNAL}, checkpoints = kept
              tls { certificate = tls/a.pem, key = tls/a.key, authority = /etc/ca.pem }
              keys = [{ scope = submit, sha256 = "{{Hash}}" }]
              data-roots = [data, /more], trainers = 3, collective = nccl
              data-sets { folder = sets, max-upload-mib = 7 }
              rate-limit { requests-per-second = 50, burst = 5 }, cors.origins = ["https://app.example", "http://localhost:3000"]
              log-format = json
            }
            akka.cluster.failure-detector { acceptable-heartbeat-pause = 9 s }
            """);
        Assert.Equal(("10.0.0.1", 1, 2, "/node/runs", "postgres://a:b@c/d"), (settings.Host, settings.Port, settings.Http, settings.Runs, settings.Journal));
        Assert.Equal(4, settings.Grpc);
        Assert.Equal("/node/kept", settings.Checkpoints);
        Assert.Equal("s3://models/runs?region=eu-1", Read("node.checkpoints = \"s3://models/runs?region=eu-1\"").Checkpoints);
        Assert.Equal(new NodeTlsFiles("/node/tls/a.pem", "/node/tls/a.key", "/etc/ca.pem"), settings.Tls);
        Assert.Equal(new NodeFileKey("submit", Hash), Assert.Single(settings.Keys));
        Assert.Equal((3, "nccl"), (settings.Trainers, settings.Collective));
        Assert.Equal(["/node/data", "/more"], settings.DataRoots!.Value.ToArray());
        Assert.Equal(new NodeFileDataSets("/node/sets", 7), settings.DataSets);
        Assert.Equal(new NodeFileRateLimit(50, 5), settings.RateLimit);
        Assert.Equal(["https://app.example", "http://localhost:3000"], settings.Origins!.Value.ToArray());
        Assert.Equal(LogFormat.Json, settings.LogFormat);
        Assert.Contains("acceptable-heartbeat-pause = \"9 s\"", settings.Akka, StringComparison.Ordinal);
        Assert.DoesNotContain("a:b", settings.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("node { prot = 1 }", "did you mean 'port'?")]
    [InlineData("nodes { port = 1 }", "did you mean 'node'?")]
    [InlineData("node.port = 70000", "an integer from 0 to 65535")]
    [InlineData("node.tls.certificate = a.pem", "node.tls.key: required")]
    [InlineData("node.keys = [{ scope = sumbit, sha256 = \"" + Hash + "\" }]", "did you mean 'submit'?")]
    [InlineData("node.keys = [{ scope = read, sha256 = atk_secret }]", "not the key itself")]
    [InlineData("node.roles = trainer", "expected a list of roles")]
    [InlineData("akka = 1", "expected an object")]
    [InlineData("node.discovery.method = config", "of every node")]
    [InlineData("node.discovery.method = dns", "expected")]
    [InlineData("node.rate-limit.burst = 0", "an integer from 1")]
    [InlineData("node.rate-limit { requests-per-second = 100, burst = 9 }", "at least 10")]
    [InlineData("node.cors.origin = []", "did you mean 'origins'?")]
    [InlineData("node.cors.origins = [\"*\"]", "an origin as browsers send it")]
    [InlineData("node.cors.origins = [\"https://app.example/\"]", "an origin as browsers send it")]
    [InlineData("node.cors.origins = [\"https://App.example\"]", "an origin as browsers send it")]
    [InlineData("node.cors.origins = [\"https://app.example:443\"]", "an origin as browsers send it")]
    [InlineData("node.cors.origins = [app.example]", "an origin as browsers send it")]
    [InlineData("node.log-format = jsno", "did you mean 'json'?")]
    public void What_is_wrong_is_told_with_its_place(string text, string expected)
    {
        var (settings, problems) = Parse(text);
        Assert.Null(settings);
        Assert.Contains(problems, problem => problem.ToString().StartsWith("/node/x.conf:1:", StringComparison.Ordinal) && problem.ToString().Contains(expected, StringComparison.Ordinal));
    }

    [Fact]
    public void A_file_that_is_not_there_is_an_error() => Assert.Equal("there is no such file", Assert.Single(NodeFile.Read("/node/none.conf", new One("")).Problems).Message);

    private static NodeFileSettings Read(string text)
    {
        var (settings, problems) = Parse(text);
        Assert.Empty(problems);
        return settings!;
    }

    private static (NodeFileSettings?, IReadOnlyList<ConfigurationProblem>) Parse(string text) => NodeFile.Read("/node/x.conf", new One(text));

    private sealed class One(string text) : ConfigurationSources
    {
        public override string WorkingFolder => "/node";
        public override string? Environment(string name) => name == "JOURNAL" ? "postgres://a:b@c/d" : null;
        public override string? ReadFile(string path, int mostBytes) => path == "/node/x.conf" ? text : null;
    }
}
