using ActorTrainer.Api;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace ActorTrainer.Tests.Api;

public sealed class ProblemsSpec
{
    [Fact]
    public async Task What_should_not_have_happened_is_said_to_the_node_under_the_id_that_the_sender_is_told()
    {
        var said = new List<string>();
        await using var services = new ServiceCollection().AddLogging().BuildServiceProvider();
        var context = new DefaultHttpContext { RequestServices = services, TraceIdentifier = "0HN:00000007", Request = { Method = "GET", Path = "/v1/models" }, Response = { Body = new MemoryStream() } };

        await Problems.InvokeAsync(context, _ => throw new InvalidOperationException("a bug"), said.Add);

        context.Response.Body.Position = 0;
        string answer = await new StreamReader(context.Response.Body).ReadToEndAsync();
        Assert.Equal(StatusCodes.Status500InternalServerError, context.Response.StatusCode);
        Assert.Contains("of request 0HN:00000007.", answer, StringComparison.Ordinal);
        Assert.DoesNotContain("a bug", answer, StringComparison.Ordinal);
        Assert.StartsWith("Request 0HN:00000007 failed, GET /v1/models: System.InvalidOperationException: a bug", Assert.Single(said), StringComparison.Ordinal);
    }
}
