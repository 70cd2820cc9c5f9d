using System.Net;
using System.Security.Cryptography;
using ActorTrainer.Client;
using ActorTrainer.Tests.Api;

namespace ActorTrainer.Tests.Client;

public sealed class WeightsSpec
{
    private static readonly byte[] Weights = [.. Enumerable.Range(0, 100_000).Select(i => (byte)(i * 7))];

    [Fact]
    public async Task Weights_are_those_of_the_version_with_the_hash_that_the_service_has()
    {
        await using var gateway = await TestGateway.StartAsync();
        string newer = gateway.Runs.WithModel("birds", BirdModels.Wren), older = gateway.Runs.WithModel("birds.1", BirdModels.Crow);
        using var client = new ActorTrainerClient(new() { Servers = [new(gateway.Url)] });
        using var answering = new MemoryStream();
        using var chosen = new MemoryStream();
        Assert.Equal(newer, (await client.Models.DownloadWeightsAsync("birds", answering)).Version);
        var version = await client.Models.DownloadWeightsAsync("birds", chosen, older);
        Assert.Equal(version.WeightsSha256, Convert.ToHexStringLower(SHA256.HashData(chosen.ToArray())));
        Assert.NotEqual(answering.ToArray(), chosen.ToArray());
        Assert.Equal(404, (await Assert.ThrowsAsync<ServiceException>(() => client.Models.DownloadWeightsAsync("birds", chosen, "none"))).Status);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]      // a bucket's file always comes from its beginning
    public async Task It_goes_on_where_a_gateway_broke_off(bool ranges)
    {
        var asked = new List<long?>();
        using var gateways = new FakeGateways((request, n) =>
        {
            if (n == 1) return FakeGateways.Json(Model(Convert.ToHexStringLower(SHA256.HashData(Weights))));
            long? from = request.Headers.Range?.Ranges.Single().From;
            asked.Add(from);
            int begin = ranges ? (int)(from ?? 0) : 0;
            byte[] piece = Weights[begin..(n < 4 ? begin + 40_000 : Weights.Length)];
            if (!ranges && n < 4) piece = Weights[..(40_000 * (n - 1))];
            var answer = new HttpResponseMessage(begin > 0 ? HttpStatusCode.PartialContent : HttpStatusCode.OK) { Content = new StreamContent(n < 4 ? new BrokenStream(piece) : new MemoryStream(piece)) };
            if (begin > 0) answer.Content.Headers.ContentRange = new(begin, Weights.Length - 1, Weights.Length);
            return answer;
        });
        using var client = gateways.Client();
        using var got = new MemoryStream();
        await client.Models.DownloadWeightsAsync("birds", got);
        Assert.Equal(Weights, got.ToArray());
        Assert.Equal([null, 40_000L, 80_000L], asked);
    }

    [Fact]
    public async Task Other_bytes_than_the_service_has_are_an_error_and_a_gateway_that_gives_none_ends_it()
    {
        using var other = new FakeGateways((_, n) => n == 1 ? FakeGateways.Json(Model(new('0', 64))) : new(HttpStatusCode.OK) { Content = new ByteArrayContent(Weights) });
        using var one = other.Client();
        Assert.Equal(ServiceFailure.Unreadable, (await Assert.ThrowsAsync<ServiceException>(() => one.Models.DownloadWeightsAsync("birds", new MemoryStream()))).Failure);

        using var silent = new FakeGateways((_, n) => n == 1 ? FakeGateways.Json(Model(new('0', 64))) : new(HttpStatusCode.OK) { Content = new StreamContent(new BrokenStream([])) });
        using var two = silent.Client();
        Assert.Equal(ServiceFailure.Lost, (await Assert.ThrowsAsync<ServiceException>(() => two.Models.DownloadWeightsAsync("birds", new MemoryStream()))).Failure);
    }

    private static string Model(string sha256) => $$$"""
        {"name":"birds","answering":"v","promoted":null,"canary":null,"versions":[{"version":"v","run":"birds","step":1,"created":"2026-01-02T12:00:00+00:00","validation":null,"test":null,"digest":null,"weights_sha256":"{{{sha256}}}","bytes":1,"model":null,"promote_if":null,"rule":null,"lineage":{}}]}
        """;
}
