using System.IO.Compression;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using SkiaSharp;
using static ActorTrainer.Tests.Api.BirdModels;

namespace ActorTrainer.Tests.Api;

public sealed class EncodedBodiesSpec : IAsyncLifetime
{
    private TestGateway _gateway = null!;

    public async Task InitializeAsync()
    {
        _gateway = await TestGateway.StartAsync();
        _gateway.Runs.WithModel("birds", Wren);
    }

    public async Task DisposeAsync() => await _gateway.DisposeAsync();

    [Theory]
    [InlineData("gzip")]
    [InlineData("deflate")]
    [InlineData("GZIP")]
    [InlineData("identity")]
    public async Task A_tensor_and_a_picture_may_come_compressed(string encoding)
    {
        byte[] json = Encoding.UTF8.GetBytes("""{"inputs":[{"name":"image","shape":[1,8,8,1],"datatype":"UINT8","parameters":{"binary_data_size":64}}]}""");
        using var tensor = Encoded([.. json, .. Enumerable.Repeat((byte)255, 64)], encoding, "/v2/models/birds/infer");
        tensor.Headers.Add("Inference-Header-Content-Length", $"{json.Length}");        // of the body before it was compressed
        var answer = await _gateway.Http.SendAsync(tensor);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());

        using var picture = Encoded(Pictures.Png(SKColors.White), encoding, "/v1/models/birds:predict");
        picture.Content!.Headers.ContentType = new("image/png");
        answer = await _gateway.Http.SendAsync(picture);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
    }

    /// <summary>64 MiB of blanks are 64 KiB.</summary>
    [Theory]
    [InlineData("/v2/models/birds/infer", "16 MiB")]
    [InlineData("/v1/experiments", "1 MiB")]
    public async Task An_address_takes_as_many_bytes_as_ever_counted_when_they_are_unpacked(string place, string limit)
    {
        using var request = Encoded(Encoding.ASCII.GetBytes(new string(' ', 64 << 20)), "gzip", place);
        Assert.InRange((int)request.Content!.Headers.ContentLength!, 1, 1 << 20);
        var answer = await _gateway.Http.SendAsync(request);
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, answer.StatusCode);
        Assert.Contains(limit, await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("deflate")]
    public async Task A_body_that_is_not_what_it_says_is_the_senders_mistake(string encoding)
    {
        using var damaged = new HttpRequestMessage(HttpMethod.Post, "/v2/models/birds/infer") { Content = new StringContent("{}") };
        damaged.Content.Headers.ContentEncoding.Add(encoding);
        var answer = await _gateway.Http.SendAsync(damaged);
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Contains("Content-Encoding", (string)JsonNode.Parse(await answer.Content.ReadAsStringAsync())!["error"]!, StringComparison.Ordinal);

        using var cutOff = Encoded(Encoding.ASCII.GetBytes($"{{\"inputs\":[]{new string(' ', 9999)}}}"), encoding, "/v2/models/birds/infer", cut: 9);
        Assert.Equal(HttpStatusCode.BadRequest, (await _gateway.Http.SendAsync(cutOff)).StatusCode);
        Assert.Empty(_gateway.Said);
    }

    [Theory]
    [InlineData("br")]
    [InlineData("zstd")]
    [InlineData("gzip, gzip")]
    public async Task Other_encodings_are_refused_with_those_that_are_read(string encoding)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v2/models/birds/infer") { Content = new StringContent("{}") };
        request.Content.Headers.TryAddWithoutValidation("Content-Encoding", encoding);
        var answer = await _gateway.Http.SendAsync(request);
        Assert.Equal(HttpStatusCode.UnsupportedMediaType, answer.StatusCode);
        Assert.Equal(["gzip", "deflate"], answer.Headers.GetValues("Accept-Encoding").SelectMany(known => known.Split(", ")));
    }

    private static HttpRequestMessage Encoded(byte[] body, string encoding, string place, int cut = 0)
    {
        using var packed = new MemoryStream();
        using (var stream = Packing(packed, encoding)) stream.Write(body);
        var request = new HttpRequestMessage(HttpMethod.Post, place) { Content = new ByteArrayContent(packed.ToArray()[..^cut]) };
        request.Content.Headers.ContentEncoding.Add(encoding);
        return request;
    }

    private static Stream Packing(MemoryStream to, string encoding) => encoding.ToLowerInvariant() switch
    {
        "gzip" => new GZipStream(to, CompressionLevel.Optimal, leaveOpen: true),
        "deflate" => new ZLibStream(to, CompressionLevel.Optimal, leaveOpen: true),
        _ => new BufferedStream(to),
    };
}
