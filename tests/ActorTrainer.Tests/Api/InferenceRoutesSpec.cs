using System.Buffers.Binary;
using System.Net;
using System.Net.Http.Json;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json.Nodes;
using ActorTrainer.Actors.Coordination;
using ActorTrainer.Api;
using static ActorTrainer.Tests.Api.BirdModels;

namespace ActorTrainer.Tests.Api;

/// <summary>The Open Inference Protocol's REST page, point by point: each address, the shapes of requests and answers as its examples have them, and its error.</summary>
public sealed class InferenceRoutesSpec : IAsyncLifetime
{
    private static readonly byte[] White = Enumerable.Repeat((byte)255, Side * Side).ToArray(), Black = new byte[Side * Side];
    private TestGateway _gateway = null!;
    private string _version = "";

    public async Task InitializeAsync()
    {
        _gateway = await TestGateway.StartAsync();
        _version = _gateway.Runs.WithModel("birds", Wren);
    }

    public async Task DisposeAsync() => await _gateway.DisposeAsync();

    [Fact]
    public async Task Server_live_and_ready()
    {
        Assert.True((bool)(await Get("/v2/health/live"))["live"]!);
        Assert.True((bool)(await Get("/v2/health/ready"))["ready"]!);
        _gateway.Standing = ClusterStanding.Outside;        // models answer without the cluster
        Assert.True((bool)(await Get("/v2/health/ready"))["ready"]!);
        _gateway.LoseJournal();
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await _gateway.Http.GetAsync("/v2/health/ready")).StatusCode);
    }

    [Fact]
    public async Task Server_metadata()
    {
        var server = await Get("/v2");
        Assert.Equal("actortrainer", (string)server["name"]!);
        Assert.Matches(@"^\d+\.\d+", (string)server["version"]!);
        Assert.Equal(["binary_tensor_data", "classification"], server["extensions"]!.AsArray().Select(extension => (string)extension!));
    }

    [Fact]
    public async Task Model_metadata()
    {
        foreach (string place in new[] { "/v2/models/birds", $"/v2/models/birds/versions/{_version}" })
        {
            Assert.Equal($$"""{"name":"birds","versions":["{{_version}}"],"platform":"actortrainer_safetensors","inputs":[{"name":"image","datatype":"UINT8","shape":[-1,8,8,1]}],"outputs":[{"name":"probabilities","datatype":"FP32","shape":[-1,3]},{"name":"labels","datatype":"BYTES","shape":[-1,3]}]}""",
                (await Get(place)).ToJsonString());
        }
    }

    [Fact]
    public async Task Model_ready_turns_true_once_it_is_loaded()
    {
        string place = $"/v2/models/birds/versions/{_version}/ready";
        Assert.Contains((await _gateway.Http.GetAsync("/v2/models/birds/ready")).StatusCode, new[] { HttpStatusCode.ServiceUnavailable, HttpStatusCode.OK });
        for (int i = 0; i < 200 && !(await _gateway.Http.GetAsync(place)).IsSuccessStatusCode; i++) await Task.Delay(20);
        Assert.Equal("""{"name":"birds","ready":true}""", (await Get(place)).ToJsonString());
    }

    [Fact]
    public async Task Inference_with_nested_data()
    {
        var nested = new JsonArray(Nested(White), Nested(Black));
        var answer = await Infer(Request(nested, [2, Side, Side, 1], id: "42"));
        Assert.Equal(("birds", _version, "42"), ((string)answer["model_name"]!, (string)answer["model_version"]!, (string)answer["id"]!));
        var (probabilities, labels) = (answer["outputs"]![0]!, answer["outputs"]![1]!);
        Assert.Equal("""probabilities FP32 [2,3]""", $"{probabilities["name"]} {probabilities["datatype"]} {probabilities["shape"]!.ToJsonString()}");
        Assert.Equal("""labels BYTES [2,3]""", $"{labels["name"]} {labels["datatype"]} {labels["shape"]!.ToJsonString()}");
        float[] values = [.. probabilities["data"]!.AsArray().Select(value => (float)value!)];
        Assert.True(values[2] > 0.9f);
        Assert.Equal([1 / 3f, 1 / 3f, 1 / 3f], values[3..]);
        Assert.Equal([.. Classes, .. Classes], labels["data"]!.AsArray().Select(label => (string)label!));
    }

    [Fact]
    public async Task Inference_with_flat_data_and_the_outputs_that_were_asked_for()
    {
        var answer = await Infer(Request(Flat(White), [1, Side, Side, 1], outputs: """[{"name":"probabilities"}]"""), $"/v2/models/birds/versions/{_version}/infer");
        Assert.Equal("probabilities", (string)Assert.Single(answer["outputs"]!.AsArray())!["name"]!);
        Assert.False(answer.ContainsKey("id"));
    }

    [Fact]
    public async Task Inference_with_binary_data()
    {
        byte[] json = Encoding.UTF8.GetBytes("""
            {"parameters":{"binary_data_output":true},"inputs":[{"name":"image","shape":[1,8,8,1],"datatype":"UINT8","parameters":{"binary_data_size":64}}]}
            """);
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v2/models/birds/infer") { Content = new ByteArrayContent([.. json, .. White]) };
        request.Headers.Add("Inference-Header-Content-Length", $"{json.Length}");
        var answer = await _gateway.Http.SendAsync(request);
        Assert.Equal("application/octet-stream", answer.Content.Headers.ContentType!.MediaType);
        byte[] body = await answer.Content.ReadAsByteArrayAsync();
        int length = int.Parse(answer.Headers.GetValues("Inference-Header-Content-Length").Single());
        var header = JsonNode.Parse(body[..length])!;
        Assert.Equal(12, (int)header["outputs"]![0]!["parameters"]!["binary_data_size"]!);
        Assert.True(MemoryMarshal.Cast<byte, float>(body.AsSpan(length, 12))[2] > 0.9f);
        var labels = body.AsSpan(length + 12);
        Assert.Equal(4, BinaryPrimitives.ReadInt32LittleEndian(labels));
        Assert.Equal("crow", Encoding.UTF8.GetString(labels[4..8]));
        Assert.Equal((int)header["outputs"]![1]!["parameters"]!["binary_data_size"]!, labels.Length);
    }

    [Fact]
    public async Task Row_major_data_say_the_same_nested_and_flat_and_tensors_come_back_flat()
    {
        byte[] ramp = [.. Enumerable.Range(0, Side * Side).Select(i => (byte)(255 - i))];
        var flat = await Infer(Request(Flat(ramp), [1, Side, Side, 1]));
        Assert.Equal(flat.ToJsonString(), (await Infer(Request(new JsonArray(Nested(ramp)), [1, Side, Side, 1]))).ToJsonString());
        Assert.All(flat["outputs"]!.AsArray(), output => Assert.All(output!["data"]!.AsArray(), value => Assert.IsAssignableFrom<JsonValue>(value)));
    }

    /// <summary>Of any kind that the protocol has, wherever it may stand.</summary>
    [Fact]
    public async Task Parameters_and_members_that_are_not_known_are_passed_over()
    {
        string any = """{"a":"text","b":1.5,"c":true,"sequence_id":7,"sequence_start":true,"priority":1}""";
        var answer = await Infer($$"""
            {"id":"","x":[{}],"parameters":{{any}},"inputs":[{"name":"image","shape":[1,8,8,1],"datatype":"UINT8","parameters":{{any}},"data":{{Flat(White).ToJsonString()}}}],"outputs":[{"name":"labels","parameters":{{any}}},{"name":"probabilities"}]}
            """);
        Assert.Equal("", (string)answer["id"]!);
        Assert.Equal(["labels", "probabilities"], answer["outputs"]!.AsArray().Select(output => (string)output!["name"]!));
    }

    [Fact]
    public async Task An_empty_list_of_outputs_is_all_of_them() =>
        Assert.Equal(2, (await Infer(Request(Flat(White), [1, Side, Side, 1], outputs: "[]")))["outputs"]!.AsArray().Count);

    [Fact]
    public async Task Every_version_that_the_metadata_list_can_be_asked()
    {
        string other = _gateway.Runs.WithModel("birds.1", Crow);
        string[] versions = [.. (await Get("/v2/models/birds"))["versions"]!.AsArray().Select(version => (string)version!)];
        Assert.Equal(new[] { _version, other }.Order(), versions.Order());
        foreach (string version in versions)
        {
            Assert.Equal([version], (await Get($"/v2/models/birds/versions/{version}"))["versions"]!.AsArray().Select(known => (string)known!));
            Assert.Equal(version, (string)(await Infer(Request(Flat(White), [1, Side, Side, 1]), $"/v2/models/birds/versions/{version}/infer"))["model_version"]!);
        }
    }

    [Fact]
    public async Task Answers_say_how_long_they_are_and_of_what_type()
    {
        var answer = await _gateway.Http.PostAsync("/v2/models/birds/infer", new StringContent(Request(Flat(White), [1, Side, Side, 1])));
        Assert.Equal(("application/json", (await answer.Content.ReadAsByteArrayAsync()).Length), (answer.Content.Headers.ContentType!.ToString(), (int)answer.Content.Headers.ContentLength!));
        var error = await _gateway.Http.PostAsync("/v2/models/birds/infer", new StringContent("{}"));
        Assert.Equal("application/json", error.Content.Headers.ContentType!.ToString());       // to the letter: KServe's client reads the reason of no other
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Classification_gives_the_best_classes_with_value_index_and_label(bool binary)
    {
        string outputs = $$$"""[{"name":"probabilities","parameters":{"classification":2,"binary_data":{{{(binary ? "true" : "false")}}}}}]""";
        using var content = new StringContent(Request(Flat([.. White, .. Black]), [2, Side, Side, 1], outputs: outputs));
        var answer = await _gateway.Http.PostAsync("/v2/models/birds/infer", content);
        byte[] body = await answer.Content.ReadAsByteArrayAsync();
        int length = binary ? int.Parse(answer.Headers.GetValues("Inference-Header-Content-Length").Single()) : body.Length;
        var output = JsonNode.Parse(body[..length])!["outputs"]![0]!;
        Assert.Equal("probabilities BYTES [2,2]", $"{output["name"]} {output["datatype"]} {output["shape"]!.ToJsonString()}");
        string[] said = binary ? [.. Texts(body.AsSpan(length))] : [.. output["data"]!.AsArray().Select(text => (string)text!)];
        Assert.Equal(["2:wren", "1:owl <b>", "0:crow", "1:owl <b>"], said.Select(text => text[(text.IndexOf(':', StringComparison.Ordinal) + 1)..]));       // where they are alike, the lower index first
        Assert.True(float.Parse(said[0].Split(':')[0]) > 0.9f);
    }

    [Fact]
    public async Task Classification_of_more_classes_than_there_are_gives_all_of_them()
    {
        var answer = await Infer(Request(Flat(White), [1, Side, Side, 1], outputs: """[{"name":"probabilities","parameters":{"classification":1000}}]"""));
        Assert.Equal("[1,3]", answer["outputs"]![0]!["shape"]!.ToJsonString());
    }

    [Fact]
    public async Task A_request_may_say_how_many_microseconds_it_waits()
    {
        string request = $$"""{"parameters":{"timeout":1},"inputs":[{"name":"image","shape":[1,8,8,1],"datatype":"UINT8","data":{{Flat(White).ToJsonString()}}}]}""";
        await IsError(await _gateway.Http.PostAsync("/v2/models/birds/infer", new StringContent(request)), HttpStatusCode.GatewayTimeout, "No answer within 0.000001 s, which is what the request allows");
        await Infer(request.Replace("\"timeout\":1", "\"timeout\":30000000", StringComparison.Ordinal));
        await Infer(request.Replace("\"timeout\":1", "\"timeout\":0", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Bytes_behind_the_json_that_no_input_claims_are_an_error()
    {
        byte[] json = Encoding.UTF8.GetBytes(Request(Flat(White), [1, Side, Side, 1]));
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v2/models/birds/infer") { Content = new ByteArrayContent([.. json, .. White]) };
        request.Headers.Add("Inference-Header-Content-Length", $"{json.Length}");
        await IsError(await _gateway.Http.SendAsync(request), HttpStatusCode.BadRequest, "64 bytes follow the JSON");
    }

    [Theory]
    [InlineData("-1")]
    [InlineData("one")]
    [InlineData("1000")]
    public async Task The_length_of_the_json_is_a_number_within_the_body(string length)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v2/models/birds/infer") { Content = new StringContent("{}") };
        request.Headers.TryAddWithoutValidation("Inference-Header-Content-Length", length);
        await IsError(await _gateway.Http.SendAsync(request), HttpStatusCode.BadRequest, "Inference-Header-Content-Length");
    }

    /// <summary>What Triton's clients ask for beyond the extensions that the server's metadata list.</summary>
    [Theory]
    [InlineData("GET", "/v2/models/birds/config")]
    [InlineData("GET", "/v2/models/birds/stats")]
    [InlineData("POST", "/v2/repository/index")]
    [InlineData("POST", "/v2/repository/models/birds/load")]
    [InlineData("GET", "/v2/systemsharedmemory/status")]
    [InlineData("GET", "/v2/trace/setting")]
    public async Task What_the_extensions_do_not_name_is_not_there(string method, string place)
    {
        using var request = new HttpRequestMessage(new(method), place);
        await IsError(await _gateway.Http.SendAsync(request), HttpStatusCode.NotFound, "nothing at this address");
    }

    [Theory]
    [InlineData("", "not JSON")]
    [InlineData("[]", "not a JSON object")]
    [InlineData("""{"id":"\ud800","inputs":[{"name":"image","shape":[1,8,8,1],"datatype":"UINT8","data":[]}]}""", "not Unicode")]
    [InlineData("""{"inputs":[{"name":"\ud800","shape":[1,8,8,1],"datatype":"UINT8","data":[]}]}""", "not Unicode")]
    [InlineData("""{"\udfff":1,"inputs":[]}""", "One input is needed")]
    [InlineData("{}", "One input is needed")]
    [InlineData("""{"inputs":[]}""", "One input is needed")]
    [InlineData("""{"inputs":[7]}""", "One input is needed")]
    [InlineData("""{"inputs":[{"name":"x","shape":[1,8,8,1],"datatype":"UINT8","data":[]}]}""", "One input is needed")]
    [InlineData("""{"inputs":[{"name":"image","shape":[1,8,8,1],"datatype":"FP32","data":[]}]}""", "UINT8")]
    [InlineData("""{"inputs":[{"name":"image","shape":[1,8,8],"datatype":"UINT8","data":[]}]}""", "[N, H, W, C]")]
    [InlineData("""{"inputs":[{"name":"image","shape":[-1,8,8,1],"datatype":"UINT8","data":[]}]}""", "[N, H, W, C]")]
    [InlineData("""{"inputs":[{"name":"image","shape":[128,32767,32767,3],"datatype":"UINT8","data":[]}]}""", "values by its shape")]
    [InlineData("""{"inputs":[{"name":"image","shape":[1,8,8,1],"datatype":"UINT8","data":[1,2,3]}]}""", "64 values by its shape, and 3")]
    [InlineData("""{"inputs":[{"name":"image","shape":[1,1,1,1],"datatype":"UINT8","data":[1,2,3]}]}""", "and more in its data")]
    [InlineData("""{"inputs":[{"name":"image","shape":[1,1,1,1],"datatype":"UINT8","data":[256]}]}""", "from 0 to 255")]
    [InlineData("""{"inputs":[{"name":"image","shape":[1,1,1,1],"datatype":"UINT8","data":[1]}]}""", "this model takes [-1, 8, 8, 1]")]
    [InlineData("""{"inputs":[{"name":"image","shape":[1,1,1,1],"datatype":"UINT8","data":[1]}],"outputs":[{"name":"x"}]}""", "The outputs are")]
    [InlineData("""{"inputs":[{"name":"image","shape":[1,8,8,1],"datatype":"UINT8","parameters":{"binary_data_size":64}}]}""", "binary_data_size")]
    [InlineData("""{"inputs":[{"name":"image","shape":[1,1,1,1],"datatype":"UINT8","data":[1]},{"name":"image","shape":[1,1,1,1],"datatype":"UINT8","data":[1]}]}""", "One input is needed")]
    [InlineData("""{"inputs":[{"name":"image","shape":[1,18446744073709551615,8,1],"datatype":"UINT8","data":[]}]}""", "[N, H, W, C]")]
    [InlineData("""{"inputs":[{"name":"image","shape":[1,1,1,1],"datatype":"UINT8","data":[true]}]}""", "from 0 to 255")]
    [InlineData("""{"inputs":[{"name":"image","shape":[1,1,1,1],"datatype":"UINT8","parameters":{"shared_memory_region":"r","shared_memory_byte_size":64}}]}""", "shared memory")]
    [InlineData("""{"id":42,"inputs":[{"name":"image","shape":[1,1,1,1],"datatype":"UINT8","data":[1]}]}""", "The id is a text")]
    [InlineData("""{"parameters":{"timeout":"soon"},"inputs":[{"name":"image","shape":[1,1,1,1],"datatype":"UINT8","data":[1]}]}""", "microseconds")]
    [InlineData("""{"inputs":[{"name":"image","shape":[1,1,1,1],"datatype":"UINT8","data":[1]}],"outputs":{"name":"labels"}}""", "The outputs are a list")]
    [InlineData("""{"inputs":[{"name":"image","shape":[1,1,1,1],"datatype":"UINT8","data":[1]}],"outputs":[{"name":"labels"},{"name":"labels"}]}""", "asked for twice")]
    [InlineData("""{"inputs":[{"name":"image","shape":[1,1,1,1],"datatype":"UINT8","data":[1]}],"outputs":[{"name":"labels","parameters":{"shared_memory_region":"r"}}]}""", "shared memory")]
    [InlineData("""{"inputs":[{"name":"image","shape":[1,1,1,1],"datatype":"UINT8","data":[1]}],"outputs":[{"name":"labels","parameters":{"classification":1}}]}""", "classification is for 'probabilities'")]
    [InlineData("""{"inputs":[{"name":"image","shape":[1,1,1,1],"datatype":"UINT8","data":[1]}],"outputs":[{"name":"probabilities","parameters":{"classification":0}}]}""", "at least 1")]
    public async Task What_is_wrong_is_an_error_in_the_protocols_shape(string body, string error)
    {
        var answer = await _gateway.Http.PostAsync("/v2/models/birds/infer", new StringContent(body, Encoding.UTF8, "application/json"));
        await IsError(answer, HttpStatusCode.BadRequest, error);
    }

    [Fact]
    public async Task What_is_not_there_and_what_is_not_allowed_too()
    {
        await IsError(await _gateway.Http.GetAsync("/v2/models/fish"), HttpStatusCode.NotFound, "no model 'fish'");
        await IsError(await _gateway.Http.GetAsync("/v2/models/birds/versions/7/ready"), HttpStatusCode.NotFound, "no version '7'");
        await IsError(await _gateway.Http.PostAsync("/v2/models/fish/infer", new StringContent("{}")), HttpStatusCode.NotFound, "no model 'fish'");
        await IsError(await _gateway.Http.GetAsync("/v2/nothing"), HttpStatusCode.NotFound, "nothing at this address");
        await IsError(await _gateway.Http.GetAsync("/v2/models/birds/infer"), HttpStatusCode.MethodNotAllowed, "method");
    }

    [Fact]
    public async Task With_keys_health_and_server_need_none_and_models_do()
    {
        await using var gateway = await TestGateway.StartAsync(new ApiKey(ApiScope.Read, ApiKey.HashOf(ApiKey.NewSecret())));
        foreach (string open in new[] { "/v2", "/v2/health/live", "/v2/health/ready" }) Assert.Equal(HttpStatusCode.OK, (await gateway.Http.GetAsync(open)).StatusCode);
        await IsError(await gateway.Http.GetAsync("/v2/models/birds"), HttpStatusCode.Unauthorized, "asks for a key");
    }

    private static List<string> Texts(ReadOnlySpan<byte> tensor)
    {
        var texts = new List<string>();
        for (; !tensor.IsEmpty; tensor = tensor[(4 + BinaryPrimitives.ReadInt32LittleEndian(tensor))..])
            texts.Add(Encoding.UTF8.GetString(tensor.Slice(4, BinaryPrimitives.ReadInt32LittleEndian(tensor))));
        return texts;
    }

    private static JsonArray Flat(byte[] pixels) => new([.. pixels.Select(pixel => (JsonNode)(int)pixel)]);

    private static JsonArray Nested(byte[] pixels) =>
        new([.. pixels.Chunk(Side).Select(row => (JsonNode)new JsonArray([.. row.Select(pixel => (JsonNode)new JsonArray((int)pixel))]))]);

    private static string Request(JsonArray data, int[] shape, string? id = null, string? outputs = null)
    {
        var request = new JsonObject
        {
            ["inputs"] = new JsonArray(new JsonObject { ["name"] = "image", ["shape"] = new JsonArray([.. shape.Select(side => (JsonNode)side)]), ["datatype"] = "UINT8", ["data"] = data }),
        };
        if (id is not null) request["id"] = id;
        if (outputs is not null) request["outputs"] = JsonNode.Parse(outputs);
        return request.ToJsonString();
    }

    private async Task<JsonObject> Infer(string body, string place = "/v2/models/birds/infer")
    {
        var answer = await _gateway.Http.PostAsync(place, new StringContent(body, Encoding.UTF8, "application/json"));
        string text = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.IsSuccessStatusCode, text);
        return (JsonObject)JsonNode.Parse(text)!;
    }

    private async Task<JsonObject> Get(string place) => (await _gateway.Http.GetFromJsonAsync<JsonObject>(place))!;

    private static async Task IsError(HttpResponseMessage answer, HttpStatusCode status, string error)
    {
        string text = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.StatusCode == status, $"{answer.StatusCode}: {text}");
        var json = (JsonObject)JsonNode.Parse(text)!;
        Assert.Contains(error, (string)json["error"]!, StringComparison.Ordinal);
        Assert.Single(json);
    }
}
