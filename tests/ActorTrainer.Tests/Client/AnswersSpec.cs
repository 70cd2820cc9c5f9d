using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using ActorTrainer.Client;
using ActorTrainer.Client.Http;
using ActorTrainer.Tests.Api;
using SkiaSharp;
using static ActorTrainer.Actors.Coordination.CoordinatorProtocol;
using Wire = ActorTrainer.Actors.Coordination.CoordinatorProtocol;

namespace ActorTrainer.Tests.Client;

/// <summary>What a gateway answers, the library's records hold whole: written again they are the same JSON. So neither side drifts from the other.</summary>
public sealed class AnswersSpec
{
    [Fact]
    public async Task Every_answer_is_held_whole()
    {
        await using var gateway = await TestGateway.StartAsync();
        string newer = gateway.Runs.WithModel("birds", BirdModels.Wren, rule: "top1 > 2");     // which does not hold, so that the older answers
        gateway.Runs.WithModel("birds.1", BirdModels.Crow);
        gateway.Runs.With("fish", Some.History("fish")[..6]);
        File.WriteAllText(gateway.Runs.Runs[new("birds")].Metrics,
            """{"epoch":1,"step":1,"loss":0.5,"lr":0.1,"images_per_s":12.5,"phase":0,"top1":0.25,"ms":{"decode":1,"wait":2,"forward":3,"backward":4,"exchange":5,"update":6,"save":7}}""" + "\n");
        gateway.Answer = question => question switch
        {
            DescribeCluster => new ClusterDescribed([new Wire.ClusterNode("n1", ["trainer"], "up", "cpu", new("fish")), new Wire.ClusterNode("n2", ["gateway"], "silent", null, null)], [new("fish")]),
            PruneRuns => new Pruned([new("birds.1", 12)]),
            _ => new Accepted(new("fish"), ["looked at"]),
        };
        using var client = new ActorTrainerClient(new() { Servers = [new(gateway.Url)] });
        (await gateway.Http.PutAsync("/v1/data-sets/shapes", new ByteArrayContent(DataSetRoutesSpec.Zip("train/cat/1.png", "train/dog/1.png", "test/cat/1.png")))).EnsureSuccessStatusCode();
        await client.Models.BeginCanaryAsync("birds", newer, 0.25);

        await IsWhole("/v1/experiments", ClientJson.Default.ExperimentSummaryArray);
        await IsWhole("/v1/experiments/birds", ClientJson.Default.ExperimentDetails, "checkpoint_store", "device", "logical_shards", "phases");
        await IsWhole("/v1/experiments/fish", ClientJson.Default.ExperimentDetails, "checkpoint_store", "device", "logical_shards", "phases");
        await IsWhole("/v1/experiments/birds/metrics", ClientJson.Default.TrainingStepArray);
        await IsWhole("/v1/models", ClientJson.Default.ModelSummaryArray);
        await IsWhole("/v1/models/birds", ClientJson.Default.ModelDetails);
        await IsWhole("/v1/data-sets", ClientJson.Default.DataSetArray);
        await IsWhole("/v1/cluster", ClientJson.Default.ClusterDescription);
        await IsWhole("/v1/prunable", ClientJson.Default.PrunableArray);
        await IsSame(await gateway.Http.PostAsync("/v1/experiments/fish/pause", null), ClientJson.Default.Submission);
        await IsSame(await gateway.Http.PostAsync("/v1/experiments:check", new StringContent("experiment {\n  sed = 1\n}\n")), ClientJson.Default.CheckedConfiguration);
        await IsSame(await gateway.Http.PostAsync($"/v1/models/birds/versions/{newer}:predict", new ByteArrayContent(Pictures.Png(SKColors.White)) { Headers = { ContentType = new("image/png") } }), ClientJson.Default.PredictionAnswer);

        async Task IsWhole<T>(string path, JsonTypeInfo<T> type, params string[] but)
            where T : notnull => await IsSame(await gateway.Http.GetAsync(path), type, but);
    }

    [Fact]
    public async Task Errors_of_a_file_come_with_their_places()
    {
        await using var gateway = await TestGateway.StartAsync();
        using var client = new ActorTrainerClient(new() { Servers = [new(gateway.Url)] });
        var e = await Assert.ThrowsAsync<ServiceException>(() => client.Experiments.SubmitAsync("experiment {\n  sed = 1\n}\n"));
        Assert.Equal((400, ServiceFailure.Refused, false), (e.Status, e.Failure, e.IsPassing));
        var error = e.Errors.Single(error => error.Path == "experiment.sed");
        Assert.Equal((2, 3, "seed"), (error.Line, error.Column, error.Suggestion));
        Assert.Contains(error.Message, e.Message, StringComparison.Ordinal);
        Assert.Equal(error, (await client.Experiments.CheckAsync("experiment {\n  sed = 1\n}\n")).Errors.Single(found => found.Path == "experiment.sed"));
    }

    [Fact]
    public async Task A_newer_service_is_understood()
    {
        using var gateways = new FakeGateways((_, _) => FakeGateways.Json("""{"name":"birds","state":"hibernating","mood":"good","step":7}"""));
        using var client = gateways.Client();
        var shown = await client.Experiments.ShowAsync("birds");
        Assert.Equal((ExperimentState.Other, 7, "good"), (shown.State, shown.Step, shown.Document.GetProperty("mood").GetString()));
    }

    [Fact]
    public async Task Lists_and_steps_are_asked_for_page_by_page()
    {
        using var gateways = new FakeGateways((request, n) =>
        {
            string path = request.RequestUri!.PathAndQuery;
            if (path.Contains("/metrics", StringComparison.Ordinal)) return FakeGateways.Json(path.EndsWith("from=2&to=9", StringComparison.Ordinal) ? $"[{Step(2)},{Step(5)}]" : "[]");
            var page = FakeGateways.Json($$"""[{"name":"run-{{n}}","state":"completed"}]""");
            if (n == 1) page.Headers.Add("Link", "</v1/experiments?after=run-1&limit=1000>; rel=\"next\"");
            return page;
        });
        using var client = gateways.Client();
        Assert.Equal(["run-1", "run-2"], (await client.Experiments.ListAsync().All()).Select(run => run.Name));
        Assert.Equal([2L, 5L], (await client.Experiments.StepsAsync("birds", 2, 9).All()).Select(step => step.Step));
        Assert.Equal(["a GET /v1/experiments?limit=1000", "a GET /v1/experiments?after=run-1&limit=1000", "a GET /v1/experiments/birds/metrics?from=2&to=9", "a GET /v1/experiments/birds/metrics?from=6&to=9"], gateways.Asked);

        static string Step(int step) => $$"""{"epoch":1,"step":{{step}},"loss":"NaN","lr":0.1,"images_per_s":1,"phase":0,"top1":0}""";
    }

    /// <param name="but">What the record leaves to its document.</param>
    private static async Task IsSame<T>(HttpResponseMessage answer, JsonTypeInfo<T> type, params string[] but)
        where T : notnull
    {
        string text = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.IsSuccessStatusCode, text);
        var there = JsonNode.Parse(text)!;
        var here = JsonSerializer.SerializeToNode(JsonSerializer.Deserialize(text, type)!, type)!;
        if (there is JsonObject whole)
        {
            foreach (string name in but) Assert.True(whole.Remove(name), name);
        }

        Assert.True(JsonNode.DeepEquals(there, here), $"{there.ToJsonString()}\nis held as\n{here.ToJsonString()}");
    }
}
