using System.Net;
using ActorTrainer.Api;

namespace ActorTrainer.Tests.Api;

public sealed class OtherOriginsSpec
{
    private const string App = "https://app.example", Elsewhere = "https://page.example";
    private const string Allowed = "Access-Control-Allow-Origin", WithCookies = "Access-Control-Allow-Credentials";

    private static readonly string Reader = ApiKey.NewSecret();

    [Fact]
    public async Task Off_where_no_origin_is_named()
    {
        await using var gateway = await TestGateway.StartAsync(new ApiKey(ApiScope.Read, ApiKey.HashOf(Reader)));
        var preflight = await Preflight(gateway, App);
        Assert.False(preflight.IsSuccessStatusCode);
        Assert.False(preflight.Headers.Contains(Allowed));
        Assert.False((await Ask(gateway, "/v1/models", App, Reader)).Headers.Contains(Allowed));
    }

    [Fact]
    public async Task A_page_of_a_named_origin_may_ask_with_a_key()
    {
        await using var gateway = await StartAsync();
        var preflight = await Preflight(gateway, App);
        Assert.Equal(HttpStatusCode.NoContent, preflight.StatusCode);
        Assert.Equal(App, preflight.Headers.GetValues(Allowed).Single());
        string headers = preflight.Headers.GetValues("Access-Control-Allow-Headers").Single();
        foreach (string header in new[] { "Authorization", "Content-Type", "Inference-Header-Content-Length", "Last-Event-ID", "Routing-Key" }) Assert.Contains(header, headers, StringComparison.OrdinalIgnoreCase);

        var answer = await Ask(gateway, "/v1/models", App, Reader);
        Assert.Equal((HttpStatusCode.OK, App), (answer.StatusCode, answer.Headers.GetValues(Allowed).Single()));
        Assert.False(answer.Headers.Contains(WithCookies));
        Assert.Contains("Retry-After", answer.Headers.GetValues("Access-Control-Expose-Headers").Single(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task It_can_read_why_it_is_refused()
    {
        await using var gateway = await StartAsync();
        var answer = await Ask(gateway, "/v1/models", App, key: null);
        Assert.Equal((HttpStatusCode.Unauthorized, App), (answer.StatusCode, answer.Headers.GetValues(Allowed).Single()));
    }

    [Theory]
    [InlineData(Elsewhere)]
    [InlineData("http://app.example")]
    [InlineData("https://app.example:8443")]
    [InlineData("https://app.example.evil.example")]
    [InlineData("null")]
    public async Task No_other_may(string origin)
    {
        await using var gateway = await StartAsync();
        Assert.False((await Preflight(gateway, origin)).Headers.Contains(Allowed));
        Assert.False((await Ask(gateway, "/v1/models", origin, Reader)).Headers.Contains(Allowed));
    }

    [Fact]
    public async Task The_cookie_is_not_taken_from_it_and_the_page_is_not_its()
    {
        await using var gateway = await StartAsync();
        using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/models") { Headers = { { "Origin", App }, { "Cookie", $"actortrainer_key={Reader}" } } };
        await GatewaySpec.IsProblem(await gateway.Http.SendAsync(request), HttpStatusCode.Forbidden, "Pages of other places");
        foreach (string own in new[] { "/", "/main.js", "/v1/session" }) Assert.False((await Ask(gateway, own, App, key: null)).Headers.Contains(Allowed), own);
    }

    [Fact]
    public async Task Without_keys_it_is_answered_as_the_own_page_is()
    {
        await using var gateway = await TestGateway.StartAsync(settings => settings with { Origins = [App] });
        Assert.Equal(HttpStatusCode.OK, (await Ask(gateway, "/v1/models", App, key: null)).StatusCode);
        await GatewaySpec.IsProblem(await Ask(gateway, "/v1/models", Elsewhere, key: null), HttpStatusCode.Forbidden, "node.cors.origins");
    }

    private static Task<TestGateway> StartAsync() => TestGateway.StartAsync(settings => settings with { Keys = [new(ApiScope.Read, ApiKey.HashOf(Reader))], Origins = [App] });

    private static async Task<HttpResponseMessage> Preflight(TestGateway gateway, string origin)
    {
        using var request = new HttpRequestMessage(HttpMethod.Options, "/v2/models/birds/infer")
        {
            Headers = { { "Origin", origin }, { "Access-Control-Request-Method", "POST" }, { "Access-Control-Request-Headers", "authorization,content-type,inference-header-content-length" } },
        };
        return await gateway.Http.SendAsync(request);
    }

    private static async Task<HttpResponseMessage> Ask(TestGateway gateway, string place, string origin, string? key)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, place) { Headers = { { "Origin", origin } } };
        if (key is not null) request.Headers.Authorization = new("Bearer", key);
        return await gateway.Http.SendAsync(request);
    }
}
