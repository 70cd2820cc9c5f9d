using System.Net;
using System.Text;
using ActorTrainer.Client;
using ActorTrainer.Tests.Api;
using Microsoft.Extensions.Time.Testing;

namespace ActorTrainer.Tests.Client;

public sealed class LiveEventsSpec
{
    [Fact]
    public async Task It_goes_on_at_another_gateway_from_where_it_was_and_tells_nothing_twice()
    {
        var last = new List<string?>();
        var time = new FakeTimeProvider();
        using var gateways = new FakeGateways((request, n) =>
        {
            last.Add(request.Headers.TryGetValues("Last-Event-ID", out var ids) ? ids.Single() : null);
            return n switch
            {
                1 => Stream(Event("experiment-created.1", "1.0") + Step(1, "1.1") + Event("live", "1.1") + Step(2, "1.2")),     // the second step's look never ends
                2 => throw FakeGateways.Refused(),
                3 => FakeGateways.Problem(503, "the journal is away"),
                4 => Stream(Event("ping", "1.1") + Step(2, "1.2") + Event("experiment-completed.1", "2.2") + Event("live", "2.2")),
                _ => throw FakeGateways.Broken(),
            };
        });
        using var client = gateways.Client(time: time);
        await using var news = client.Experiments.FollowAsync("birds").GetAsyncEnumerator();
        Assert.True(await news.MoveNextAsync());
        Assert.Equal((1L, "experiment-created.1", "1.1"), (news.Current.Steps.Single().Step, news.Current.Events.Single().Type, news.Current.Position));

        var next = news.MoveNextAsync().AsTask();
        while (!next.IsCompleted)
        {
            time.Advance(TimeSpan.FromSeconds(1));
            await Task.Delay(1);
        }

        Assert.True(await next);
        Assert.Equal((2L, 2L, true), (news.Current.Steps.Single().Step, news.Current.Events.Single().Sequence, news.Current.Events.Single().IsEnd));
        Assert.Equal([null, "1.1", "1.1", "1.1"], last);
        Assert.Equal(["a", "a", "b", "a"], gateways.Asked.Select(asked => asked[..1]));
    }

    [Fact]
    public async Task A_run_that_is_not_there_is_an_error_unless_it_was_just_accepted()
    {
        using var gateways = new FakeGateways((_, n) => n <= 2 ? FakeGateways.Problem(404, "There is no experiment 'birds'.") : Stream(Event("experiment-created.1", "1.0") + Event("live", "1.0")));
        using var client = gateways.Client();
        Assert.Equal(404, (await Assert.ThrowsAsync<ServiceException>(async () => await client.Experiments.FollowAsync("birds").First())).Status);
        Assert.Single((await client.Experiments.FollowAsync("birds", isExpected: true).First()).Events);
    }

    [Fact]
    public async Task An_end_is_waited_for_and_one_before_the_wish_is_not_it()
    {
        await using var gateway = await TestGateway.StartAsync();
        gateway.Runs.With("birds", [.. Some.History()[..5], new Core.Experiments.ExperimentEvents.ExperimentPaused(new(30), Some.Noon)]);
        using var client = new ActorTrainerClient(new() { Servers = [new(gateway.Url)] });
        Assert.Equal(ExperimentState.Paused, (await client.Experiments.WaitAsync("birds")).State);

        gateway.Answer = _ => new Actors.Coordination.CoordinatorProtocol.Accepted(new("birds"), []);
        var resumed = await client.Experiments.ResumeAsync("birds");
        var waiting = client.Experiments.WaitAsync("birds", resumed);
        gateway.Runs.With("birds", [new Core.Experiments.ExperimentEvents.GenerationStarted(new(2), Some.Cursor(30), null, 1, Some.Noon), .. Some.History()[6..]]);
        var ended = await waiting.WaitAsync(TimeSpan.FromMinutes(1));
        Assert.Equal((ExperimentState.Completed, new string('e', 64)), (ended.State, ended.Digest));
    }

    private static HttpResponseMessage Stream(string events) => new(HttpStatusCode.OK) { Content = new StringContent(events, Encoding.UTF8, "text/event-stream") };

    private static string Event(string type, string id) => $"event: {type}\nid: {id}\ndata: {{}}\n\n";

    private static string Step(int step, string id) => $$"""event: step{{"\n"}}id: {{id}}{{"\n"}}data: {"epoch":1,"step":{{step}},"loss":1,"lr":0.1,"images_per_s":1,"phase":0,"top1":0}{{"\n\n"}}""";
}
