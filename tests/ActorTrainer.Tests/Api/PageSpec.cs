using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using ActorTrainer.Api;

namespace ActorTrainer.Tests.Api;

public sealed partial class PageSpec
{
    [Fact]
    public async Task The_page_and_all_that_it_names_come_from_here_under_a_policy_that_runs_nothing_else()
    {
        await using var gateway = await TestGateway.StartAsync();
        var page = await gateway.Http.GetAsync("/");
        string html = await page.Content.ReadAsStringAsync();
        Assert.Equal("text/html", page.Content.Headers.ContentType!.MediaType);
        string policy = page.Headers.GetValues("Content-Security-Policy").Single();
        Assert.StartsWith("default-src 'none'", policy, StringComparison.Ordinal);
        Assert.DoesNotContain("unsafe", policy, StringComparison.Ordinal);
        Assert.DoesNotMatch(@"<script(?![^>]* src=)|<style|\son\w+=|\sstyle=|https?://", html);

        var named = Reference().Matches(html).Select(match => match.Groups[1].Value).Where(path => !path.StartsWith('#')).ToHashSet();
        for (var left = new Queue<string>(named); left.TryDequeue(out string? path);)
        {
            var file = await gateway.Http.GetAsync("/" + path);
            Assert.True(file.IsSuccessStatusCode, path);
            if (!path.EndsWith(".js", StringComparison.Ordinal) || path.StartsWith("vendor/", StringComparison.Ordinal)) continue;
            foreach (Match import in Import().Matches(await file.Content.ReadAsStringAsync()))
                if (named.Add(import.Groups[1].Value)) left.Enqueue(import.Groups[1].Value);
        }

        Assert.True(named.Count > 10);
        Assert.Equal(HttpStatusCode.NotFound, (await gateway.Http.GetAsync("/vendor/../../etc/passwd")).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await gateway.Http.GetAsync("/index.html")).StatusCode);
    }

    [Fact]
    public async Task What_a_browser_has_is_not_sent_again()
    {
        await using var gateway = await TestGateway.StartAsync();
        using var again = new HttpRequestMessage(HttpMethod.Get, "/main.js");
        again.Headers.IfNoneMatch.Add((await gateway.Http.GetAsync("/main.js")).Headers.ETag!);
        Assert.Equal(HttpStatusCode.NotModified, (await gateway.Http.SendAsync(again)).StatusCode);
    }

    [Fact]
    public async Task A_person_logs_in_with_a_key_for_a_cookie_that_no_script_and_no_other_site_can_use()
    {
        string reader = ApiKey.NewSecret();
        await using var gateway = await TestGateway.StartAsync(new ApiKey(ApiScope.Read, ApiKey.HashOf(reader)));
        Assert.Equal(HttpStatusCode.OK, (await gateway.Http.GetAsync("/")).StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await gateway.Http.GetAsync("/v1/models")).StatusCode);
        Assert.Null((string?)(await gateway.Http.GetFromJsonAsync<JsonObject>("/v1/session"))!["scope"]);
        Assert.Equal(HttpStatusCode.Unauthorized, (await gateway.Http.PostAsJsonAsync("/v1/session", new { key = "atk_wrong" })).StatusCode);
        Assert.Equal(HttpStatusCode.BadRequest, (await gateway.Http.PostAsJsonAsync("/v1/session", new { })).StatusCode);

        var begun = await gateway.Http.PostAsJsonAsync("/v1/session", new { key = reader });
        string cookie = begun.Headers.GetValues("Set-Cookie").Single();
        Assert.Matches("httponly", cookie);
        Assert.Matches("samesite=strict", cookie);
        // The test's client keeps the cookie, as a browser would.
        Assert.Equal("read", (string?)(await gateway.Http.GetFromJsonAsync<JsonObject>("/v1/session"))!["scope"]);
        Assert.Equal(HttpStatusCode.OK, (await gateway.Http.GetAsync("/v1/models")).StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, (await gateway.Http.PostAsync("/v1/models/birds/rollback", null)).StatusCode);
        using var foreign = new HttpRequestMessage(HttpMethod.Get, "/v1/models") { Headers = { { "Origin", "https://page.example" } } };
        Assert.Equal(HttpStatusCode.Forbidden, (await gateway.Http.SendAsync(foreign)).StatusCode);
        await gateway.Http.DeleteAsync("/v1/session");
        Assert.Equal(HttpStatusCode.Unauthorized, (await gateway.Http.GetAsync("/v1/models")).StatusCode);
    }

    [GeneratedRegex(@"(?:href|src)=""([^""]+)""")]
    private static partial Regex Reference();

    [GeneratedRegex(@"from ""\./([^""]+)""")]
    private static partial Regex Import();
}
