using System.Net.Http.Json;
using System.Text.Json.Nodes;
using SkiaSharp;

namespace ActorTrainer.Tests.Api;

public sealed class ObservabilitySpec
{
    [Fact]
    public async Task Metrics_tell_of_batches_what_waits_and_how_long_requests_took()
    {
        await using var gateway = await TestGateway.StartAsync();
        string version = gateway.Runs.WithModel("measured", BirdModels.Wren, "measured");    // a name of its own: meters belong to the process
        var answer = await gateway.Http.PostAsync("/v1/models/measured:predict", new ByteArrayContent(Pictures.Png(SKColors.White)) { Headers = { ContentType = new("image/png") } });
        answer.EnsureSuccessStatusCode();
        string text = await gateway.Http.GetStringAsync("/metrics");
        Assert.Contains($"actortrainer_serving_batch_pictures_count{{model=\"measured\",version=\"{version}\"}} 1", text, StringComparison.Ordinal);
        Assert.Contains($"actortrainer_serving_waiting_pictures{{model=\"measured\",version=\"{version}\"}} 0", text, StringComparison.Ordinal);
        Assert.Matches("request_duration_count{[^}]*/v1/models/{name}:predict", text);
        Assert.Contains("process_", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_api_describes_itself()
    {
        await using var gateway = await TestGateway.StartAsync();
        var document = (await gateway.Http.GetFromJsonAsync<JsonObject>("/openapi/v1.json"))!;
        var paths = document["paths"]!.AsObject();
        foreach (string path in new[] { "/v1/experiments", "/v1/experiments/{name}/events", "/v1/models/{name}:predict", "/v1/models/{name}/promote", "/v2/models/{name}/infer" }) Assert.True(paths.ContainsKey(path), path);
        Assert.All(paths.Where(path => path.Key.StartsWith("/v", StringComparison.Ordinal)).SelectMany(path => path.Value!.AsObject()), operation => Assert.False(string.IsNullOrEmpty((string?)operation.Value!["summary"]), operation.Key));
        var fields = document["components"]!["schemas"]!["PredictAnswer"]!["properties"]!.AsObject();
        Assert.Equal(["model", "version", "results"], fields.Select(field => field.Key));
    }
}
