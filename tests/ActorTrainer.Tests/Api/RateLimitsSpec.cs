using System.Collections.Immutable;
using System.Net;
using System.Net.Http.Json;
using ActorTrainer.Api;

namespace ActorTrainer.Tests.Api;

/// <summary>Real time goes by in them: they ask until they are refused, and until they are answered again, and don't say when.</summary>
public sealed class RateLimitsSpec
{
    private const int MostTries = 2000;

    private static readonly string Reader = ApiKey.NewSecret(), Other = ApiKey.NewSecret();
    private static readonly ImmutableArray<ApiKey> Keys = [new(ApiScope.Read, ApiKey.HashOf(Reader)), new(ApiScope.Read, ApiKey.HashOf(Other))];

    [Fact]
    public async Task Without_a_limit_nobody_is_refused()
    {
        await using var gateway = await TestGateway.StartAsync();
        for (int i = 0; i < 300; i++) Assert.Equal(HttpStatusCode.OK, (await gateway.Http.GetAsync("/v1/models")).StatusCode);
    }

    [Fact]
    public async Task A_key_that_asks_too_often_is_told_to_wait_and_nobody_else()
    {
        await using var gateway = await TestGateway.StartAsync(settings => settings with { Keys = Keys, RateLimit = new(1, 3) });
        var refused = await Until(() => Ask(gateway, "/v1/models", Reader), HttpStatusCode.TooManyRequests);
        await GatewaySpec.IsProblem(refused, HttpStatusCode.TooManyRequests, "More than 1 requests a second");
        Assert.Equal(TimeSpan.FromSeconds(1), refused.Headers.RetryAfter!.Delta);
        Assert.Equal(HttpStatusCode.OK, (await Ask(gateway, "/v1/models", Other)).StatusCode);
        await Until(() => Ask(gateway, "/v1/models", Reader), HttpStatusCode.OK);
    }

    [Fact]
    public async Task Without_keys_an_address_is_a_caller()
    {
        await using var gateway = await TestGateway.StartAsync(settings => settings with { RateLimit = new(1, 1) });
        var refused = await Until(() => gateway.Http.GetAsync("/v2/models/birds"), HttpStatusCode.TooManyRequests);
        Assert.StartsWith("{\"error\":\"More than 1", await refused.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        await Until(() => gateway.Http.GetAsync("/v1/models"), HttpStatusCode.OK);
        Assert.Contains("actortrainer_http_refused_total{reason=\"rate\"}", await gateway.Http.GetStringAsync("/metrics"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Who_watches_over_it_and_the_pages_files_are_not_counted()
    {
        await using var gateway = await TestGateway.StartAsync(settings => settings with { RateLimit = new(1, 1) });
        for (int i = 0; i < 20; i++)
        {
            foreach (string place in new[] { "/health", "/ready", "/v2/health/live", "/v2/health/ready", "/metrics", "/", "/main.js" })
                Assert.Equal(HttpStatusCode.OK, (await gateway.Http.GetAsync(place)).StatusCode);
        }
    }

    [Fact]
    public async Task An_event_stream_counts_once_however_long_it_is()
    {
        await using var gateway = await TestGateway.StartAsync(settings => settings with { RateLimit = new(1, 1) });
        gateway.Runs.With("birds", Some.History()[..3]);
        var stream = await Until(() => gateway.Http.GetAsync("/v1/experiments/birds/events", HttpCompletionOption.ResponseHeadersRead), HttpStatusCode.OK);
        using var events = new StreamReader(await stream.Content.ReadAsStreamAsync());
        await Until(() => gateway.Http.GetAsync("/v1/models"), HttpStatusCode.OK);
        Assert.StartsWith("event: ", await events.ReadLineAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Keys_are_not_found_by_trying()
    {
        await using var gateway = await TestGateway.StartAsync(Keys);
        var refused = await Until(() => Ask(gateway, "/v1/models", ApiKey.NewSecret()), HttpStatusCode.TooManyRequests);
        await GatewaySpec.IsProblem(refused, HttpStatusCode.TooManyRequests, "wrong keys");
        Assert.InRange(refused.Headers.RetryAfter!.Delta!.Value, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(10));
        Assert.Equal(HttpStatusCode.OK, (await gateway.Http.GetAsync("/health")).StatusCode);
        await Until(() => Ask(gateway, "/v1/models", Reader), HttpStatusCode.OK);
        Assert.Contains("actortrainer_http_refused_total{reason=\"wrong-keys\"}", await (await Ask(gateway, "/metrics", Reader)).Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    /// <summary>A right guess has to look like a wrong one. Each try has a gateway of its own, for one in which the wait was over just then.</summary>
    [Fact]
    public async Task While_an_address_waits_a_right_key_that_is_new_to_it_is_not_looked_at()
    {
        for (int tries = 0; tries < 20; tries++)
        {
            await using var gateway = await TestGateway.StartAsync(Keys);
            await Until(() => Ask(gateway, "/v1/models", "atk_wrong"), HttpStatusCode.TooManyRequests);
            if ((await Ask(gateway, "/v1/models", Reader)).StatusCode == HttpStatusCode.TooManyRequests) return;
        }

        Assert.Fail("The right key was answered each time.");
    }

    /// <summary>All who come through a proxy have its address.</summary>
    [Fact]
    public async Task Who_was_there_before_is_not_shut_out_by_who_tries_keys()
    {
        await using var gateway = await TestGateway.StartAsync(Keys);
        Assert.Equal(HttpStatusCode.OK, (await Ask(gateway, "/v1/models", Reader)).StatusCode);
        for (int i = 0; i < 100; i++)
        {
            Assert.NotEqual(HttpStatusCode.OK, (await Ask(gateway, "/v1/models", "atk_wrong")).StatusCode);
            Assert.Equal(HttpStatusCode.OK, (await Ask(gateway, "/v1/models", Reader)).StatusCode);
        }
    }

    [Fact]
    public async Task Logging_in_is_a_try_too()
    {
        await using var gateway = await TestGateway.StartAsync(Keys);
        await Until(() => gateway.Http.PostAsJsonAsync("/v1/session", new { key = "atk_wrong" }), HttpStatusCode.TooManyRequests);
    }

    [Fact]
    public async Task A_session_that_is_looked_at_is_a_try_too()
    {
        await using var gateway = await TestGateway.StartAsync(Keys);
        using var http = new HttpClient { BaseAddress = gateway.Http.BaseAddress, DefaultRequestHeaders = { { "Cookie", "actortrainer_key=atk_wrong" } } };
        await Until(() => http.GetAsync("/v1/session"), HttpStatusCode.TooManyRequests);
    }

    [Theory]
    [InlineData("10.1.2.3", "10.1.2.3")]
    [InlineData("::ffff:10.1.2.3", "10.1.2.3")]
    [InlineData("2001:db8:1:2:3:4:5:6", "20010db800010002")]
    [InlineData("2001:db8:1:2:ffff::", "20010db800010002")]
    public void An_address_is_a_line(string address, string line) => Assert.Equal(line, Callers.AddressOf(IPAddress.Parse(address)));

    private static async Task<HttpResponseMessage> Ask(TestGateway gateway, string place, string key)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, place) { Headers = { Authorization = new("Bearer", key) } };
        return await gateway.Http.SendAsync(request);
    }

    private static async Task<HttpResponseMessage> Until(Func<Task<HttpResponseMessage>> ask, HttpStatusCode status)
    {
        for (int tries = 0; tries < MostTries; tries++)
        {
            var answer = await ask();
            if (answer.StatusCode == status) return answer;
            if (status == HttpStatusCode.OK) await Task.Delay(20);
        }

        throw new TimeoutException($"{MostTries} requests, and none was answered with {status}.");
    }
}
