using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json.Nodes;
using ActorTrainer.Actors.Coordination;
using ActorTrainer.Api;
using static ActorTrainer.Actors.Coordination.CoordinatorProtocol;

namespace ActorTrainer.Tests.Api;

public sealed class GatewaySpec
{
    [Fact]
    public async Task Ready_tells_what_is_missing_and_health_that_it_lives()
    {
        await using var gateway = await TestGateway.StartAsync();
        Assert.Equal(HttpStatusCode.OK, (await gateway.Http.GetAsync("/ready")).StatusCode);
        gateway.Standing = ClusterStanding.Outside;
        await IsProblem(await gateway.Http.GetAsync("/ready"), HttpStatusCode.ServiceUnavailable, "not in the cluster");
        gateway.Standing = ClusterStanding.WithoutCoordinator;
        await IsProblem(await gateway.Http.GetAsync("/ready"), HttpStatusCode.ServiceUnavailable, "no coordinator is in reach");
        gateway.Standing = ClusterStanding.In;
        gateway.LoseJournal();
        await IsProblem(await gateway.Http.GetAsync("/ready"), HttpStatusCode.ServiceUnavailable, "journal");
        Assert.Equal(HttpStatusCode.OK, (await gateway.Http.GetAsync("/health")).StatusCode);
    }

    /// <summary>Its last actor system has ended and still says that it is a member.</summary>
    [Fact]
    public async Task A_node_that_joins_anew_is_not_ready()
    {
        await using var gateway = await TestGateway.StartAsync();
        gateway.End();
        await IsProblem(await gateway.Http.GetAsync("/ready"), HttpStatusCode.ServiceUnavailable, "not in the cluster");
    }

    [Fact]
    public async Task What_should_not_happen_is_told_to_both_sides_under_one_id()
    {
        await using var gateway = await TestGateway.StartAsync();
        gateway.IsBroken = true;
        var answer = await gateway.Http.GetAsync("/ready");
        Assert.Equal(HttpStatusCode.InternalServerError, answer.StatusCode);
        string id = (string)JsonNode.Parse(await answer.Content.ReadAsStringAsync())!["request_id"]!;
        Assert.Contains(gateway.Said, said => said.StartsWith($"Request {id} failed, GET /ready: ", StringComparison.Ordinal) && said.Contains("   at ", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("nobody")]
    [InlineData("..%2F..%2Fetc")]
    [InlineData("Upper")]
    [InlineData("journal.db")]
    [InlineData("a%20b")]
    public async Task A_name_that_is_no_experiment_is_a_problem_on_every_address(string name)
    {
        await using var gateway = await TestGateway.StartAsync();
        gateway.Answer = _ => new Rejected("There is no experiment.", Conflict: true);
        foreach (string suffix in new[] { "", "/events", "/metrics", "/logs" })
            await IsProblem(await gateway.Http.GetAsync($"/v1/experiments/{name}{suffix}"), null, "");
        foreach (string wish in new[] { "pause", "resume", "cancel" })
            await IsProblem(await gateway.Http.PostAsync($"/v1/experiments/{name}/{wish}", null), null, "");
    }

    [Fact]
    public async Task A_configuration_is_parsed_without_includes_and_its_errors_have_their_place()
    {
        await using var gateway = await TestGateway.StartAsync();
        await IsProblem(await Post(gateway, "experiment { sed = 1 }"), HttpStatusCode.BadRequest, "did you mean 'seed'?");
        await IsProblem(await Post(gateway, "include \"/etc/passwd\""), HttpStatusCode.BadRequest, "includes are not read here");
        await IsProblem(await gateway.Http.PostAsync("/v1/experiments", new ByteArrayContent([0xff, 0xfe, 0xff])), HttpStatusCode.BadRequest, "UTF-8");
        Assert.Empty(gateway.Asked);
    }

    [Fact]
    public async Task A_submission_is_answered_when_its_experiment_can_be_looked_at()
    {
        await using var gateway = await TestGateway.StartAsync();
        Task? journal = null;
        gateway.Answer = _ =>
        {
            // The coordinator admits; the experiment's own actor begins its history a little later.
            journal = Task.Run(async () =>
            {
                await Task.Delay(400);
                gateway.Runs.With("birds", Some.History()[..1]);
            });
            return new Accepted(new("birds"), []);
        };
        var answer = await Post(gateway, "experiment { name = birds, data.train = \"/birds\", model.architecture = lenet5, training.phases = [{ epochs = 1 }] }");
        Assert.Equal(HttpStatusCode.Created, answer.StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await gateway.Http.GetAsync("/v1/experiments/birds")).StatusCode);
        await journal!;
    }

    [Fact]
    public async Task Bodies_headers_and_numbers_have_limits()
    {
        await using var gateway = await TestGateway.StartAsync();
        await IsProblem(await Post(gateway, new string('#', (1 << 20) + 1)), HttpStatusCode.RequestEntityTooLarge, "1 MiB");
        await IsProblem(await gateway.Http.GetAsync("/v1/experiments?limit=0"), HttpStatusCode.BadRequest, "limit");
        await IsProblem(await gateway.Http.GetAsync("/v1/experiments?limit=many"), HttpStatusCode.BadRequest, "");
        await IsProblem(await gateway.Http.DeleteAsync("/v1/experiments"), HttpStatusCode.MethodNotAllowed, "method");
        await IsProblem(await gateway.Http.GetAsync("/nothing"), HttpStatusCode.NotFound, "");
        using var heavy = new HttpRequestMessage(HttpMethod.Get, "/health");
        heavy.Headers.Add("X-Long", new string('x', 20 << 10));
        Assert.Equal((HttpStatusCode)431, (await gateway.Http.SendAsync(heavy)).StatusCode);
    }

    [Fact]
    public async Task The_list_comes_in_pages()
    {
        await using var gateway = await TestGateway.StartAsync();
        foreach (string name in new[] { "ants", "bees", "cats" }) gateway.Runs.With(name, Some.History(name));
        var first = await gateway.Http.GetAsync("/v1/experiments?limit=2");
        Assert.Equal(["ants", "bees"], await Names(first));
        string next = first.Headers.GetValues("Link").Single().Split('<', '>')[1];
        var second = await gateway.Http.GetAsync(next);
        Assert.Equal(["cats"], await Names(second));
        Assert.False(second.Headers.Contains("Link"));

        static async Task<IEnumerable<string>> Names(HttpResponseMessage answer) => (await answer.Content.ReadFromJsonAsync<JsonArray>())!.Select(run => (string)run!["name"]!);
    }

    [Fact]
    public async Task Metrics_are_given_by_steps()
    {
        await using var gateway = await TestGateway.StartAsync();
        gateway.Runs.With("birds", Some.History());
        File.WriteAllLines(gateway.Runs.Runs[new("birds")].Metrics, Enumerable.Range(1, 9).Select(step => $$"""{"epoch":1,"step":{{step}},"loss":0.5,"lr":0.1,"images_per_s":100,"phase":0,"top1":0.9}"""));
        var steps = await gateway.Http.GetFromJsonAsync<JsonArray>("/v1/experiments/birds/metrics?from=4&to=6");
        Assert.Equal([4, 5, 6], steps!.Select(step => (int)step!["step"]!));
        await IsProblem(await gateway.Http.GetAsync("/v1/experiments/birds/metrics?from=3&to=2"), HttpStatusCode.BadRequest, "from");
    }

    [Fact]
    public async Task Events_go_on_from_the_last_that_was_heard()
    {
        await using var gateway = await TestGateway.StartAsync();
        gateway.Runs.With("birds", Some.History());
        string all = await gateway.Http.GetStringAsync("/v1/experiments/birds/events?follow=false");
        Assert.Equal(Some.History().Length, all.Split('\n').Count(line => line.StartsWith("event: ", StringComparison.Ordinal) && line.EndsWith(".1", StringComparison.Ordinal)));
        Assert.EndsWith($"event: live\ndata: {{}}\nid: {Some.History().Length}.0\n\n", all, StringComparison.Ordinal);

        using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/experiments/birds/events?follow=false");
        request.Headers.Add("Last-Event-ID", $"{Some.History().Length - 1}.0");
        string rest = await (await gateway.Http.SendAsync(request)).Content.ReadAsStringAsync();
        Assert.StartsWith("event: experiment-completed.1", rest, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_wish_is_asked_of_the_coordinator_and_its_refusal_told()
    {
        await using var gateway = await TestGateway.StartAsync();
        gateway.Runs.With("birds", Some.History()[..3]);
        gateway.Answer = question => question is ControlExperiment { Wish: Wish.Pause } control ? new Accepted(control.Experiment, ["noted"]) : new Rejected("it is not under way", Conflict: true);
        var answer = await gateway.Http.PostAsync("/v1/experiments/birds/pause", null);
        Assert.Equal(3, (int)(await answer.Content.ReadFromJsonAsync<JsonObject>())!["sequence"]!);
        await IsProblem(await gateway.Http.PostAsync("/v1/experiments/birds/cancel", null), HttpStatusCode.Conflict, "not under way");
        Assert.Equal([new ControlExperiment(new("birds"), Wish.Pause), new ControlExperiment(new("birds"), Wish.Cancel)], gateway.Asked);
    }

    [Fact]
    public async Task A_key_opens_what_its_scope_allows()
    {
        string reader = ApiKey.NewSecret(), submitter = ApiKey.NewSecret(), admin = ApiKey.NewSecret();
        await using var gateway = await TestGateway.StartAsync(
            new ApiKey(ApiScope.Read, ApiKey.HashOf(reader)), new ApiKey(ApiScope.Submit, ApiKey.HashOf(submitter)), new ApiKey(ApiScope.Admin, ApiKey.HashOf(admin)));
        gateway.Answer = _ => new Accepted(new("birds"), []);
        gateway.Runs.With("birds", Some.History()[..3]);

        await IsProblem(await Send(HttpMethod.Get, "", null), HttpStatusCode.Unauthorized, "asks for a key");
        await IsProblem(await Send(HttpMethod.Get, "", "atk_wrong"), HttpStatusCode.Unauthorized, "does not know the key");
        await IsProblem(await Send(HttpMethod.Get, "", ApiKey.HashOf(reader)), HttpStatusCode.Unauthorized, "");
        Assert.Equal(HttpStatusCode.OK, (await Send(HttpMethod.Get, "", reader)).StatusCode);
        await IsProblem(await Send(HttpMethod.Post, "/birds/pause", reader), HttpStatusCode.Forbidden, "only read");
        Assert.Equal(HttpStatusCode.OK, (await Send(HttpMethod.Post, "/birds/pause", submitter)).StatusCode);
        foreach (string key in new[] { reader, submitter }) await IsProblem(await Send(HttpMethod.Delete, "/birds", key), HttpStatusCode.Forbidden, "scope admin");
        Assert.Equal(HttpStatusCode.OK, (await Send(HttpMethod.Delete, "/birds", admin)).StatusCode);
        Assert.Equal(new ControlExperiment(new("birds"), Wish.Remove), gateway.Asked[^1]);
        Assert.Equal(HttpStatusCode.OK, (await gateway.Http.GetAsync("/health")).StatusCode);

        async Task<HttpResponseMessage> Send(HttpMethod method, string path, string? key)
        {
            using var request = new HttpRequestMessage(method, "/v1/experiments" + path);
            if (key is not null) request.Headers.Authorization = new("Bearer", key);
            return await gateway.Http.SendAsync(request);
        }
    }

    [Theory]
    [InlineData("Host", "rebound.example")]
    [InlineData("Origin", "https://page.example")]
    public async Task Without_keys_a_page_in_a_browser_is_not_answered(string header, string value)
    {
        await using var gateway = await TestGateway.StartAsync();
        using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/experiments");
        request.Headers.TryAddWithoutValidation(header, value);
        await IsProblem(await gateway.Http.SendAsync(request), HttpStatusCode.Forbidden, "Without keys");
    }

    [Fact]
    public async Task What_goes_wrong_inside_is_not_told_outside()
    {
        await using var gateway = await TestGateway.StartAsync();
        gateway.Runs.With("birds", Some.History());
        gateway.Runs.Execute("UPDATE journal SET message = 'secret rubbish' WHERE sequence_number = 1");
        var answer = await gateway.Http.GetAsync("/v1/experiments/birds");
        await IsProblem(answer, HttpStatusCode.ServiceUnavailable, "journal");
        Assert.DoesNotContain("rubbish", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    private static Task<HttpResponseMessage> Post(TestGateway gateway, string text) => gateway.Http.PostAsync("/v1/experiments", new StringContent(text, Encoding.UTF8));

    internal static async Task IsProblem(HttpResponseMessage answer, HttpStatusCode? status, string detail)
    {
        string text = await answer.Content.ReadAsStringAsync();
        Assert.True((int)answer.StatusCode >= 400 && (status is null || answer.StatusCode == status), $"{answer.StatusCode}: {text}");
        Assert.Equal("application/problem+json", answer.Content.Headers.ContentType?.MediaType);
        Assert.Contains(detail, (string)JsonNode.Parse(text)!["detail"]!, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", text, StringComparison.Ordinal);
    }
}
