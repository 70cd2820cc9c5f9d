using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using ActorTrainer.EndToEnd.Tests.BadInput;
using ActorTrainer.EndToEnd.Tests.Cluster;
using ActorTrainer.EndToEnd.Tests.Processes;

namespace ActorTrainer.EndToEnd.Tests.Observability;

/// <summary>A cluster of one process trains an experiment and answers for its model: what collectors of spans, metrics and logs see of it.</summary>
[Collection(ProcessTests.Name)]
public sealed partial class ObservabilitySpec : IDisposable
{
    private const string Caller = "0af7651916cd43dd8448eb211c80319c";
    private readonly Workshop _workshop = new();

    public void Dispose() => _workshop.Dispose();

    [Fact]
    public async Task Spans_metrics_and_logs_tell_what_a_node_does()
    {
        using var collector = new OtlpCollector(TestCluster.FreePort());
        using var node = RunningProgram.Start(_workshop.Folder, ["node", "--runs", _workshop.Runs, "--port", $"{TestCluster.FreePort()}", "--http", "0", "--log-format", "json"],
            environment: new() { ["OTEL_EXPORTER_OTLP_ENDPOINT"] = collector.Endpoint, ["OTEL_EXPORTER_OTLP_PROTOCOL"] = "http/protobuf", ["OTEL_BSP_SCHEDULE_DELAY"] = "200" });
        await node.Until("it is in the cluster", () => node.Error.Contains("In the cluster as", StringComparison.Ordinal));
        string server = Url().Match(node.Error).Value;
        using (var submit = RunningProgram.Start(_workshop.Folder, ["submit", "tiny.conf", "--server", server, "--wait"])) (await submit.Ended()).Returns(0);
        using var http = new HttpClient { BaseAddress = new(server), Timeout = TimeSpan.FromMinutes(1) };
        await PredictAsync(http);

        await node.Until("all spans came", () => new[] { "experiment", "generation", "step", "checkpoint", "evaluation", "batch", "forward", "POST /v1/models/{name}:predict" }.All(collector.Has)
            && collector.CountOf(Caller) >= 3);
        await http.GetAsync("/health");
        await AssertMetricsAsync(http);

        node.Signal(System.Runtime.InteropServices.PosixSignal.SIGTERM);
        var ended = (await node.Ended()).Returns(0);
        Assert.False(collector.Has("GET /health"));         // the end has sent what waited
        Assert.All(ended.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries), line => Assert.NotNull((string?)JsonNode.Parse(line)!["message"]));
        await AssertLogsAsync();
    }

    private static async Task PredictAsync(HttpClient http)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/v1/models/{Workshop.Tiny}:predict?timeout=60")
        {
            Content = new ByteArrayContent(Pictures.Png(40, 30, 0xC0)) { Headers = { ContentType = new("image/png") } },
        };
        request.Headers.Add("traceparent", $"00-{Caller}-b7ad6b7169203331-01");
        var answer = await http.SendAsync(request);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
    }

    /// <summary>Every query of the dashboard is about metrics that there are.</summary>
    private static async Task AssertMetricsAsync(HttpClient http)
    {
        HashSet<string> given = [.. (await http.GetStringAsync("/metrics")).Split('\n').Where(line => line.Length > 0 && line[0] != '#').Select(line => line[..line.IndexOfAny(['{', ' '])])];
        Assert.True(Dashboard.Queries.Count >= 10);
        Assert.All(Dashboard.Queries, query =>
        {
            Assert.NotEmpty(Dashboard.MetricsOf(query));
            Assert.All(Dashboard.MetricsOf(query), metric => Assert.True(given.Contains(metric), $"{query}: there is no metric {metric}"));
        });
    }

    private async Task AssertLogsAsync()
    {
        var lines = Directory.EnumerateFiles(Path.Combine(_workshop.Runs, ".nodes"), "*.log").SelectMany(File.ReadLines).Select(line => JsonNode.Parse(line)!).ToList();
        Assert.Contains(lines, line => (string)line["message"]! == "Generation 1 trains from step 0" && (string?)line["experiment"] == Workshop.Tiny && (int?)line["generation"] == 1);
        Assert.Contains(lines, line => line["experiment"] is null && (string)line["level"]! == "INFO");
        Assert.Contains("Generation 1 trains from step 0", (await _workshop.Ask("logs", Workshop.Tiny)).Returns(0).Output, StringComparison.Ordinal);
    }

    [GeneratedRegex(@"http://127\.0\.0\.1:\d+")]
    private static partial Regex Url();
}
