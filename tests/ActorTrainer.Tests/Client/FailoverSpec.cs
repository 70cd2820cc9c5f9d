using System.Net;
using System.Security.Authentication;
using ActorTrainer.Client;
using Microsoft.Extensions.Time.Testing;
using static ActorTrainer.Tests.Client.FakeGateways;

namespace ActorTrainer.Tests.Client;

/// <summary>What a client does where a gateway is gone: what was never sent goes elsewhere, what was sent is repeated only where that changes nothing.</summary>
public sealed class FailoverSpec
{
    private const string NoModels = "[]", Answer = """{"model":"birds","version":"v","results":[{"file":null,"predictions":[{"label":"wren","probability":1}]}]}""";
    private const string Details = """{"name":"birds","answering":"v","promoted":null,"canary":null,"versions":[]}""";
    private static readonly Picture Picture = new(new byte[] { 1, 2, 3 });

    [Fact]
    public async Task A_gateway_that_takes_no_connection_is_left_for_good()
    {
        using var gateways = new FakeGateways((request, _) => IsA(request) ? throw Refused() : Json(NoModels));
        using var client = gateways.Client();
        await client.Models.ListAsync();
        await client.Models.ListAsync();
        Assert.Equal(["a GET /v1/models", "b GET /v1/models", "b GET /v1/models"], gateways.Asked);
        Assert.Contains("http://b.example is asked instead", Assert.Single(gateways.Said), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Where_all_are_gone_each_is_tried_once()
    {
        using var gateways = new FakeGateways((_, _) => throw Refused());
        using var client = gateways.Client();
        var e = await Assert.ThrowsAsync<ServiceException>(() => client.Models.ListAsync());
        Assert.Equal((ServiceFailure.NotReached, null, true), (e.Failure, e.Status, e.IsPassing));
        Assert.Equal(2, gateways.Asked.Count);
    }

    [Fact]
    public async Task A_prediction_that_breaks_off_is_made_at_another_gateway()
    {
        using var gateways = new FakeGateways((request, _) => IsA(request) ? throw Broken() : Json(Answer));
        using var client = gateways.Client();
        var answer = await client.Models.PredictAsync("birds", Picture, new() { Top = 1, Timeout = TimeSpan.FromSeconds(2.5) });
        Assert.Equal("wren", answer.Results[0].Predictions[0].Label);
        Assert.Equal(["a POST /v1/models/birds:predict?top=1&timeout=2.5", "b POST /v1/models/birds:predict?top=1&timeout=2.5"], gateways.Asked);
    }

    [Fact]
    public async Task It_is_repeated_once_and_not_more()
    {
        using var gateways = new FakeGateways((_, _) => throw Broken());
        using var client = gateways.Client("http://a.example,http://b.example,http://c.example");
        var e = await Assert.ThrowsAsync<ServiceException>(() => client.Models.PredictAsync("birds", Picture));
        Assert.Equal((ServiceFailure.Lost, 2), (e.Failure, gateways.Asked.Count));
    }

    [Fact]
    public async Task One_address_may_stand_for_several_gateways()
    {
        using var gateways = new FakeGateways((_, n) => n == 1 ? throw Broken() : Json(Answer));
        using var client = gateways.Client("http://a.example");
        await client.Models.PredictAsync("birds", Picture);
        Assert.Equal(2, gateways.Asked.Count);
    }

    [Fact]
    public async Task An_answer_that_breaks_off_in_its_middle_counts_as_none()
    {
        using var gateways = new FakeGateways((request, _) => IsA(request) ? new(HttpStatusCode.OK) { Content = new StreamContent(new BrokenStream("[{"u8.ToArray())) } : Json(NoModels));
        using var client = gateways.Client();
        Assert.Empty(await client.Models.ListAsync());
    }

    [Theory]
    [InlineData(502)]
    [InlineData(503)]
    public async Task What_one_gateway_can_not_do_another_is_asked_for(int status)
    {
        using var gateways = new FakeGateways((request, _) => IsA(request) ? Problem(status, "not here") : Json(Answer));
        using var client = gateways.Client();
        await client.Models.PredictAsync("birds", Picture);
        Assert.Equal(2, gateways.Asked.Count);
    }

    [Fact]
    public async Task A_prediction_does_not_wait_for_a_service_that_has_none()
    {
        using var gateways = new FakeGateways((_, _) => Problem(503, "the model can't be loaded"));
        using var client = gateways.Client();
        var e = await Assert.ThrowsAsync<ServiceException>(() => client.Models.PredictAsync("birds", Picture));
        Assert.Equal((503, "the model can't be loaded", 2), (e.Status, e.Message, gateways.Asked.Count));
    }

    [Fact]
    public async Task Nor_do_a_promotion_and_a_trial()
    {
        using var gateways = new FakeGateways((_, _) => Problem(503, "the model can't be loaded"));
        using var client = gateways.Client();
        foreach (var ask in new Func<Task>[] { () => client.Models.PromoteAsync("birds", "v"), () => client.Models.BeginCanaryAsync("birds", "v", 0.5) })
        {
            gateways.Asked.Clear();
            Assert.Equal("the model can't be loaded", (await Assert.ThrowsAsync<ServiceException>(ask)).Message);
            Assert.Equal(2, gateways.Asked.Count);
        }
    }

    [Fact]
    public async Task With_one_address_it_is_repeated_when_the_service_says_when()
    {
        var time = new FakeTimeProvider { AutoAdvanceAmount = TimeSpan.Zero };
        using var gateways = new FakeGateways((_, n) => n == 1 ? Problem(503, "not now", retryAfter: 2) : Json(Answer));
        using var client = gateways.Client("http://a.example", time);
        var asking = client.Models.PredictAsync("birds", Picture);
        Assert.False(asking.IsCompleted);
        time.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal("v", (await asking).Version);
    }

    [Fact]
    public async Task While_the_coordinator_moves_a_wish_is_said_again_until_patience_ends()
    {
        var time = new FakeTimeProvider();
        using var gateways = new FakeGateways((_, _) => Problem(503, "moving"));
        using var client = gateways.Client("http://a.example", time);
        var asking = client.Experiments.PauseAsync("birds");
        while (!asking.IsCompleted)
        {
            time.Advance(TimeSpan.FromSeconds(1));
            await Task.Delay(1);
        }

        Assert.Equal(503, (await Assert.ThrowsAsync<ServiceException>(() => asking)).Status);
        Assert.InRange(gateways.Asked.Count, 3, 60);
        Assert.Contains("trying again for 60 s", Assert.Single(gateways.Said), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_said_twice_is_not_as_said_once_is_not_said_again()
    {
        using var gateways = new FakeGateways((_, _) => throw Broken());
        using var client = gateways.Client();
        Func<Task>[] once = [() => client.Models.RollBackAsync("birds"), () => client.Experiments.RemoveAsync("birds"), () => client.DataSets.DeleteAsync("birds"), () => client.Experiments.PruneAsync(), () => client.DataSets.UploadAsync("birds", new MemoryStream([1]))];
        foreach (var wish in once) Assert.Equal(ServiceFailure.Lost, (await Assert.ThrowsAsync<ServiceException>(wish)).Failure);
        Assert.Equal(once.Length, gateways.Asked.Count);
    }

    [Fact]
    public async Task But_where_no_connection_was_it_was_not_said()
    {
        using var gateways = new FakeGateways((request, _) => IsA(request) ? throw Refused() : Json(Details));
        using var client = gateways.Client();
        await client.Models.RollBackAsync("birds");
        Assert.Equal(["a POST /v1/models/birds/rollback", "b POST /v1/models/birds/rollback"], gateways.Asked);
    }

    [Fact]
    public async Task A_promotion_may_be_said_twice()
    {
        using var gateways = new FakeGateways((request, _) => IsA(request) ? throw Broken() : Json(Details));
        using var client = gateways.Client();
        await client.Models.PromoteAsync("birds", "v");
        Assert.Equal(2, gateways.Asked.Count);
        Assert.All(gateways.Bodies, body => Assert.Equal("""{"version":"v"}"""u8.ToArray(), body));
    }

    [Theory]
    [InlineData(429)]
    [InlineData(404)]
    [InlineData(504)]
    public async Task An_answer_is_an_answer(int status)
    {
        using var gateways = new FakeGateways((_, _) => Problem(status, "so it is", retryAfter: 3));
        using var client = gateways.Client();
        var e = await Assert.ThrowsAsync<ServiceException>(() => client.Models.PredictAsync("birds", Picture));
        Assert.Equal((status, TimeSpan.FromSeconds(3), 1), (e.Status, e.RetryAfter, gateways.Asked.Count));
    }

    [Fact]
    public async Task A_certificate_that_is_not_trusted_is_not_gone_around()
    {
        using var gateways = new FakeGateways((_, _) => throw new HttpRequestException(HttpRequestError.SecureConnectionError, "tls", new AuthenticationException("unknown authority")));
        using var client = gateways.Client();
        Assert.Equal(ServiceFailure.NotTrusted, (await Assert.ThrowsAsync<ServiceException>(() => client.Models.ListAsync())).Failure);
        Assert.Single(gateways.Asked);
    }

    [Fact]
    public async Task What_is_no_answer_of_a_gateway_is_said_to_be_none()
    {
        using var gateways = new FakeGateways((_, n) => n == 1 ? Json("{}") : new(HttpStatusCode.NotFound) { Content = new StringContent("<html>") });
        using var client = gateways.Client();
        Assert.Equal(ServiceFailure.Unreadable, (await Assert.ThrowsAsync<ServiceException>(() => client.Models.ShowAsync("birds"))).Failure);
        Assert.Contains("is it a gateway", (await Assert.ThrowsAsync<ServiceException>(() => client.Models.ShowAsync("birds"))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Who_cancels_is_not_told_of_a_service_that_does_not_answer()
    {
        using var gateways = new FakeGateways((_, _) => throw Broken());
        using var client = gateways.Client();
        using var cancelled = new CancellationTokenSource();
        await cancelled.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => client.Models.ListAsync(cancelled.Token));
    }

    private static bool IsA(HttpRequestMessage request) => request.RequestUri!.Host == "a.example";
}

/// <summary>Some bytes, and then the connection is gone.</summary>
internal sealed class BrokenStream(byte[] bytes) : MemoryStream(bytes)
{
    public override int Read(byte[] buffer, int offset, int count) => base.Read(buffer, offset, count) is var read and > 0 ? read : throw new HttpIOException(HttpRequestError.ResponseEnded, "gone");

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => Task.Run(() => Read(buffer, offset, count), cancellationToken);

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => new(Task.Run(() => Read(buffer.Span), cancellationToken));
}
