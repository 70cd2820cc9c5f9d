using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using ActorTrainer.Api;
using SkiaSharp;
using static ActorTrainer.Tests.Api.BirdModels;

namespace ActorTrainer.Tests.Api;

public sealed class ModelRoutesSpec
{
    private static readonly byte[] White = Pictures.Png(SKColors.White), Black = Pictures.Png(SKColors.Black);

    [Fact]
    public async Task A_completed_run_is_a_model_and_shows_what_it_was_made_of()
    {
        await using var gateway = await TestGateway.StartAsync();
        string version = gateway.Runs.WithModel("birds", Wren);
        gateway.Runs.With("under-way", Some.History("under-way")[..6]);
        var list = await gateway.Http.GetFromJsonAsync<JsonArray>("/v1/models");
        Assert.Equal("birds", (string)Assert.Single(list!)!["name"]!);
        var model = (await gateway.Http.GetFromJsonAsync<JsonObject>("/v1/models/birds"))!;
        Assert.Equal((version, null), ((string)model["answering"]!, (string?)model["promoted"]));
        var shown = Assert.Single(model["versions"]!.AsArray())!;
        Assert.Equal((40, 0.9, 0.85), ((int)shown["step"]!, (double)shown["validation"]!["top1"]!, (double)shown["test"]!["top1"]!));
        Assert.Equal(Classes, shown["model"]!["labels"]!.AsArray().Select(label => (string)label!));
        Assert.Equal("resize-exact", (string)shown["model"]!["transforms"]![0]!["$type"]!);
        Assert.Equal(new string('a', 64), (string)shown["lineage"]!["phases"]![0]!["train"]!["manifest_hash"]!);
        await IsProblem(await gateway.Http.GetAsync("/v1/models/under-way"), HttpStatusCode.NotFound, "no model 'under-way'");
    }

    [Fact]
    public async Task A_picture_is_predicted_as_it_is_in_a_form_and_as_base64()
    {
        await using var gateway = await TestGateway.StartAsync();
        string version = gateway.Runs.WithModel("birds", Wren);
        var raw = await Json(await gateway.Http.PostAsync("/v1/models/birds:predict?top=2", Bytes(White, "image/png")));
        Assert.Equal(("birds", version), ((string)raw["model"]!, (string)raw["version"]!));
        var best = raw["results"]![0]!["predictions"]!.AsArray();
        Assert.Equal((2, "wren", null), (best.Count, (string)best[0]!["label"]!, (string?)raw["results"]![0]!["file"]));
        Assert.True((double)best[0]!["probability"]! > (double)best[1]!["probability"]!);

        using var form = new MultipartFormDataContent { { Bytes(White, "image/png"), "files", "bright.png" }, { new StringContent("not a file"), "note" }, { Bytes(Black, "image/png"), "files", "dark.png" } };
        var several = await Json(await gateway.Http.PostAsync("/v1/models/birds:predict", form));
        Assert.Equal(["bright.png", "dark.png"], several["results"]!.AsArray().Select(result => (string)result!["file"]!));
        Assert.Equal(1 / 3.0, (double)several["results"]![1]!["predictions"]![0]!["probability"]!, 6);

        var base64 = await Json(await gateway.Http.PostAsJsonAsync("/v1/models/birds:predict", new { images = new[] { Convert.ToBase64String(White) } }));
        Assert.Equal(best[0]!.ToJsonString(), base64["results"]![0]!["predictions"]![0]!.ToJsonString());
    }

    [Fact]
    public async Task The_newest_version_answers_until_another_is_promoted_and_after_it_is_rolled_back()
    {
        await using var gateway = await TestGateway.StartAsync();
        string newer = gateway.Runs.WithModel("birds", Wren), older = gateway.Runs.WithModel("birds.1", Crow);
        Assert.Equal("birds", (string?)(await gateway.Http.GetFromJsonAsync<JsonObject>("/v1/experiments/birds.1"))!["model"]);
        Assert.Equal("wren", await Says(gateway));
        Assert.Equal("crow", await Says(gateway, $"birds/versions/{older}"));
        Assert.Equal("wren", await Says(gateway));

        var promoted = await Json(await Promote(gateway, older));
        Assert.Equal((older, older), ((string)promoted["answering"]!, (string)promoted["promoted"]!));
        Assert.Equal("crow", await Says(gateway));
        Assert.Equal("wren", await Says(gateway, $"birds/versions/{newer}"));

        await Json(await Promote(gateway, newer));
        Assert.Equal("wren", await Says(gateway));
        await Json(await gateway.Http.PostAsync("/v1/models/birds/rollback", null));
        Assert.Equal("crow", await Says(gateway));
        var free = await Json(await gateway.Http.PostAsync("/v1/models/birds/rollback", null));
        Assert.Equal((newer, null), ((string)free["answering"]!, (string?)free["promoted"]));
        await IsProblem(await gateway.Http.PostAsync("/v1/models/birds/rollback", null), HttpStatusCode.Conflict, "nothing to take back");
    }

    [Fact]
    public async Task A_version_on_trial_has_its_share_of_the_requests_until_the_trial_ends_or_it_is_promoted()
    {
        await using var gateway = await TestGateway.StartAsync();
        gateway.Runs.WithModel("birds", Wren);
        string older = gateway.Runs.WithModel("birds.1", Crow);
        Assert.Equal("wren", await Says(gateway));
        var begun = await Json(await Canary(gateway, older, 0.25));
        Assert.Equal((older, 0.25), ((string)begun["canary"]!["version"]!, (double)begun["canary"]!["share"]!));
        var said = new List<string>();
        for (int i = 0; i < 40; i++) said.Add(await Says(gateway));
        Assert.InRange(said.Count(label => label == "crow"), 8, 12);

        gateway.Http.DefaultRequestHeaders.Add("Routing-Key", "one caller");
        Assert.Single((await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Says(gateway)))).Distinct());
        gateway.Http.DefaultRequestHeaders.Remove("Routing-Key");

        var ended = await Json(await gateway.Http.DeleteAsync("/v1/models/birds/canary"));
        Assert.Null(ended["canary"]);
        Assert.Equal(["wren"], (await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Says(gateway)))).Distinct());
        await IsProblem(await gateway.Http.DeleteAsync("/v1/models/birds/canary"), HttpStatusCode.Conflict, "No version of 'birds' is on trial");

        await Json(await Canary(gateway, older, 1));
        Assert.Null((await Json(await Promote(gateway, older)))["canary"]);
        await IsProblem(await Canary(gateway, older, 0.5), HttpStatusCode.Conflict, "answers already");
        await IsProblem(await Canary(gateway, "none", 0.5), HttpStatusCode.NotFound, "no version 'none'");
        await IsProblem(await Canary(gateway, older, 0), HttpStatusCode.BadRequest, "share");
        await IsProblem(await Canary(gateway, older, 1.5), HttpStatusCode.BadRequest, "share");
    }

    [Fact]
    public async Task A_rule_promotes_what_is_better_and_says_why()
    {
        await using var gateway = await TestGateway.StartAsync();
        string older = gateway.Runs.WithModel("birds.1", Crow);
        Assert.Equal("crow", await Says(gateway));
        string newer = gateway.Runs.WithModel("birds", Wren, rule: "top1 >= 0.9 and top1 >= current");
        await Until(async () => newer == (string?)(await Model())["promoted"]);
        var judged = (await Model())["versions"]!.AsArray().Single(version => (string)version!["version"]! == newer)!;
        Assert.Equal(("top1 >= 0.9 and top1 >= current", true, "top1 (0.9) >= 0.9 and top1 (0.9) >= current (0.9)"),
            ((string)judged["promote_if"]!, (bool)judged["rule"]!["promoted"]!, (string)judged["rule"]!["reason"]!));
        Assert.Equal("wren", await Says(gateway));
        Assert.Contains(gateway.Said, line => line.Contains("promoted by its rule", StringComparison.Ordinal));

        // A person has the last word, and the rule is not applied again.
        await Json(await gateway.Http.PostAsync("/v1/models/birds/rollback", null));
        await Task.Delay(2500);
        Assert.Equal((older, null), ((string)(await Model())["answering"]!, (string?)(await Model())["promoted"]));

        async Task<JsonObject> Model() => (await gateway.Http.GetFromJsonAsync<JsonObject>("/v1/models/birds"))!;
    }

    [Fact]
    public async Task A_rule_that_does_not_hold_leaves_the_version_that_answers()
    {
        await using var gateway = await TestGateway.StartAsync();
        string older = gateway.Runs.WithModel("birds.1", Crow);
        string newer = gateway.Runs.WithModel("birds", Wren, rule: "top1 > current");
        await Until(async () => (await Model())["versions"]!.AsArray().Any(version => version!["rule"] is not null));
        var model = await Model();
        Assert.Equal((older, null), ((string)model["answering"]!, (string?)model["promoted"]));
        Assert.Equal("top1 (0.9) > current (0.9)", (string)model["versions"]!.AsArray().Single(version => (string)version!["version"]! == newer)!["rule"]!["reason"]!);

        async Task<JsonObject> Model() => (await gateway.Http.GetFromJsonAsync<JsonObject>("/v1/models/birds"))!;
    }

    [Fact]
    public async Task A_version_that_cannot_be_loaded_is_not_promoted()
    {
        await using var gateway = await TestGateway.StartAsync();
        gateway.Runs.WithModel("birds", Wren);
        string older = gateway.Runs.WithModel("birds.1", Crow);
        File.Delete(Path.Combine(gateway.Runs.Runs[new("birds.1")].CheckpointFolder, "1-40", "weights.safetensors"));
        await IsProblem(await Promote(gateway, older), HttpStatusCode.ServiceUnavailable, "weights.safetensors is missing");
        await IsProblem(await Promote(gateway, "nothing"), HttpStatusCode.NotFound, "no version 'nothing'");
        await IsProblem(await gateway.Http.PostAsJsonAsync("/v1/models/birds/promote", new { name = older }), HttpStatusCode.BadRequest, "version");
        Assert.Equal("wren", await Says(gateway));
    }

    [Fact]
    public async Task Bodies_that_are_no_pictures_are_refused_and_the_model_goes_on()
    {
        await using var gateway = await TestGateway.StartAsync();
        gateway.Runs.WithModel("birds", Wren);
        byte[] noise = [.. Enumerable.Range(0, 5000).Select(i => (byte)(i * 2654435761L >> 7))];
        await IsProblem(await Predict(Bytes(noise, "image/png")), HttpStatusCode.UnprocessableEntity, "not a picture");
        await IsProblem(await Predict(Bytes(White[..^40], "image/png")), HttpStatusCode.UnprocessableEntity, "cut off");
        await IsProblem(await Predict(Bytes(WithSize(White, 60_000, 60_000), "image/png")), HttpStatusCode.UnprocessableEntity, "60000 x 60000 pixels");
        await IsProblem(await Predict(Bytes(WithSize(White, 5001, 5001), "image/png")), HttpStatusCode.UnprocessableEntity, "25 million");
        await IsProblem(await Predict(Bytes([], "image/png")), HttpStatusCode.BadRequest, "no picture");
        await IsProblem(await Predict(Bytes(White, "text/plain")), HttpStatusCode.UnsupportedMediaType, "content type");
        await IsProblem(await Predict(Bytes(White, "multipart/form-data")), HttpStatusCode.BadRequest, "boundary");
        await IsProblem(await Predict(Bytes(White, "multipart/form-data; boundary=x")), HttpStatusCode.BadRequest, "cut off");
        await IsProblem(await Predict(Bytes("{\"images\": [\"%%\"]}"u8.ToArray(), "application/json")), HttpStatusCode.BadRequest, "base64");
        await IsProblem(await Predict(Bytes("{\"images\": null}"u8.ToArray(), "application/json")), HttpStatusCode.BadRequest, "base64");
        await IsProblem(await Predict(Bytes(new byte[Admission.MaxBodyBytes + 1], "image/png")), HttpStatusCode.RequestEntityTooLarge, "16 MiB");
        await IsProblem(await gateway.Http.PostAsync("/v1/models/birds:predict?timeout=0", Bytes(White, "image/png")), HttpStatusCode.BadRequest, "timeout");
        await IsProblem(await gateway.Http.PostAsync("/v1/models/birds:predict?top=many", Bytes(White, "image/png")), HttpStatusCode.BadRequest, "");
        await IsProblem(await gateway.Http.PostAsync("/v1/models/fish:predict", Bytes(White, "image/png")), HttpStatusCode.NotFound, "no model 'fish'");
        Assert.Equal("wren", await Says(gateway));
        Assert.Empty(gateway.Said);

        // It asks whether it may send before it sends: one that just sends may see the connection break instead of the answer.
        Task<HttpResponseMessage> Predict(HttpContent content) =>
            gateway.Http.SendAsync(new(HttpMethod.Post, "/v1/models/birds:predict") { Content = content, Headers = { ExpectContinue = true } });
    }

    [Fact]
    public async Task What_waits_too_long_is_told_so_and_what_is_too_much_is_told_when_to_come_again()
    {
        using var held = new ManualResetEventSlim();
        await using var gateway = await TestGateway.StartAsync();
        gateway.Engine.Gate = held;
        gateway.Runs.WithModel("birds", Wren);
        await IsProblem(await gateway.Http.PostAsync("/v1/models/birds:predict?timeout=0.2", Bytes(White, "image/png")), HttpStatusCode.GatewayTimeout, "0.2 s");

        // More pictures at once than may wait for the model.
        var requests = Enumerable.Range(0, 5).Select(_ => gateway.Http.PostAsJsonAsync("/v1/models/birds:predict?timeout=60", new { images = Enumerable.Repeat(Convert.ToBase64String(Black), 100) })).ToList();
        var first = await Task.WhenAny(requests);
        Assert.Equal((HttpStatusCode.TooManyRequests, TimeSpan.FromSeconds(1)), ((await first).StatusCode, (await first).Headers.RetryAfter!.Delta));
        held.Set();
        var answers = await Task.WhenAll(requests);
        Assert.Contains(answers, answer => answer.StatusCode == HttpStatusCode.OK);
        Assert.Equal("wren", await Says(gateway));
    }

    [Fact]
    public async Task Weights_are_downloaded_as_they_stand_in_the_checkpoint_in_parts_if_asked()
    {
        await using var gateway = await TestGateway.StartAsync();
        gateway.Runs.WithModel("birds", Wren);
        byte[] file = await File.ReadAllBytesAsync(Path.Combine(gateway.Runs.Runs[new("birds")].CheckpointFolder, "1-40", "weights.safetensors"));
        Assert.Equal(file, await gateway.Http.GetByteArrayAsync("/v1/models/birds/weights"));
        using var part = new HttpRequestMessage(HttpMethod.Get, "/v1/models/birds/weights") { Headers = { Range = new(8, 19) } };
        Assert.Equal(file[8..20], await (await gateway.Http.SendAsync(part)).Content.ReadAsByteArrayAsync());
        await IsProblem(await gateway.Http.GetAsync("/v1/models/birds/versions/none/weights"), HttpStatusCode.NotFound, "no version");
    }

    [Fact]
    public async Task A_key_that_may_read_may_ask_a_model_and_only_one_for_everything_may_choose_what_answers()
    {
        string reader = ApiKey.NewSecret(), submitter = ApiKey.NewSecret(), admin = ApiKey.NewSecret();
        await using var gateway = await TestGateway.StartAsync(new(ApiScope.Read, ApiKey.HashOf(reader)), new(ApiScope.Submit, ApiKey.HashOf(submitter)), new(ApiScope.Admin, ApiKey.HashOf(admin)));
        string version = gateway.Runs.WithModel("birds", Wren);
        await IsProblem(await gateway.Http.PostAsync("/v1/models/birds:predict", Bytes(White, "image/png")), HttpStatusCode.Unauthorized, "asks for a key");
        gateway.Http.DefaultRequestHeaders.Authorization = new("Bearer", reader);
        Assert.Equal("wren", await Says(gateway));
        gateway.Http.DefaultRequestHeaders.Authorization = new("Bearer", submitter);
        await IsProblem(await Promote(gateway, version), HttpStatusCode.Forbidden, "admin");
        gateway.Http.DefaultRequestHeaders.Authorization = new("Bearer", admin);
        await Json(await Promote(gateway, version));
    }

    private static Task<HttpResponseMessage> Promote(TestGateway gateway, string version) => gateway.Http.PostAsJsonAsync("/v1/models/birds/promote", new { version });

    private static async Task<string> Says(TestGateway gateway, string model = "birds") =>
        (string)(await Json(await gateway.Http.PostAsync($"/v1/models/{model}:predict", Bytes(White, "image/png"))))["results"]![0]!["predictions"]![0]!["label"]!;

    private static ByteArrayContent Bytes(byte[] bytes, string type) => new(bytes) { Headers = { ContentType = MediaTypeHeaderValue.Parse(type) } };

    /// <summary>A PNG whose header claims another size, with a right checksum.</summary>
    private static byte[] WithSize(byte[] png, int width, int height)
    {
        byte[] changed = [.. png];
        System.Buffers.Binary.BinaryPrimitives.WriteInt32BigEndian(changed.AsSpan(16), width);
        System.Buffers.Binary.BinaryPrimitives.WriteInt32BigEndian(changed.AsSpan(20), height);
        System.Buffers.Binary.BinaryPrimitives.WriteUInt32BigEndian(changed.AsSpan(29), Crc(changed.AsSpan(12, 17)));
        return changed;

        static uint Crc(ReadOnlySpan<byte> bytes)
        {
            uint crc = uint.MaxValue;
            foreach (byte b in bytes)
            {
                crc ^= b;
                for (int i = 0; i < 8; i++) crc = (crc & 1) == 1 ? crc >> 1 ^ 0xEDB88320 : crc >> 1;
            }

            return ~crc;
        }
    }

    private static async Task<JsonObject> Json(HttpResponseMessage answer)
    {
        string text = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.IsSuccessStatusCode, $"{answer.StatusCode}: {text}");
        return (JsonObject)JsonNode.Parse(text)!;
    }

    private static Task<HttpResponseMessage> Canary(TestGateway gateway, string version, double share) => gateway.Http.PostAsJsonAsync("/v1/models/birds/canary", new { version, share });

    private static async Task Until(Func<Task<bool>> isSo)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (!await isSo()) await Task.Delay(50, patience.Token);
    }

    private static async Task IsProblem(HttpResponseMessage answer, HttpStatusCode status, string detail)
    {
        string text = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.StatusCode == status, $"{answer.StatusCode}: {text}");
        Assert.Equal("application/problem+json", answer.Content.Headers.ContentType?.MediaType);
        Assert.Contains(detail, (string)JsonNode.Parse(text)!["detail"]!, StringComparison.Ordinal);
    }
}
