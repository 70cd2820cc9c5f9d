using System.Net;
using System.Text;
using ActorTrainer.Core;
using ActorTrainer.Core.Experiments;
using ActorTrainer.Hosting;
using ActorTrainer.Hosting.Cluster;
using ActorTrainer.Journal;
using Akka.Actor;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using static ActorTrainer.Actors.Coordination.CoordinatorProtocol;

namespace ActorTrainer.Api;

/// <summary>
/// The control API of a gateway node: what a client says is asked of the coordinator, what it wants to see is read from the journal. It outlives the
/// node's actor system: while that joins anew, requests wait a moment or are told to try again.
/// </summary>
internal sealed class Gateway : IAsyncDisposable
{
    private const int MaxConfigurationBytes = 1 << 20;
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(10);

    private readonly WebApplication _app;
    private readonly RunsFolder _runs;
    private volatile IActorRef _coordinator = ActorRefs.Nobody;

    public Gateway(NodeSettings settings)
    {
        _runs = settings.Runs;
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = MaxConfigurationBytes;
            kestrel.Listen(IPAddress.TryParse(settings.Host, out var address) ? address : Dns.GetHostAddresses(settings.Host)[0], settings.Http);
        });
        builder.Services.ConfigureHttpJsonOptions(options =>
        {
            foreach (var converter in CoreJson.Options.Converters) options.SerializerOptions.Converters.Add(converter);
            options.SerializerOptions.PropertyNamingPolicy = CoreJson.Options.PropertyNamingPolicy;
            options.SerializerOptions.NumberHandling = CoreJson.Options.NumberHandling;
        });
        _app = builder.Build();
        Map();
    }

    /// <summary>Returns the address that it listens on.</summary>
    public async Task<string> StartAsync(CancellationToken cancel)
    {
        await _app.StartAsync(cancel).ConfigureAwait(false);
        return _app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
    }

    /// <param name="coordinator">The proxy of the node's actor system, as it is now.</param>
    public void Connect(IActorRef coordinator) => _coordinator = coordinator;

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private void Map()
    {
        _app.MapGet("/health", () => Results.Text("ok"));
        var experiments = _app.MapGroup("/v1/experiments");
        experiments.MapPost("", SubmitAsync);
        experiments.MapGet("", () => new RunJournal(_runs).All().Select(Overview));
        experiments.MapGet("{name}", (string name) => Load(name) is { } run ? Results.Ok(Overview(run)) : NotFound(name));
        experiments.MapPost("{name}/pause", (string name) => ControlAsync(name, Wish.Pause));
        experiments.MapPost("{name}/resume", (string name) => ControlAsync(name, Wish.Resume));
        experiments.MapPost("{name}/cancel", (string name) => ControlAsync(name, Wish.Cancel));
        _app.MapGet("/v1/cluster", async () => await AskAsync(new DescribeCluster()).ConfigureAwait(false) is ClusterDescribed cluster ? Results.Ok(cluster) : Away());
    }

    private async Task<IResult> SubmitAsync(HttpRequest request, int priority = 0, bool accept_machine = false)
    {
        using var reader = new StreamReader(request.Body, new UTF8Encoding(false, true));
        string text = await reader.ReadToEndAsync(request.HttpContext.RequestAborted).ConfigureAwait(false);
        return Answer(await AskAsync(new SubmitExperiment(text, priority, accept_machine)).ConfigureAwait(false), created: true);
    }

    private async Task<IResult> ControlAsync(string name, Wish wish) =>
        ExperimentName.IsValid(name) ? Answer(await AskAsync(new ControlExperiment(new(name), wish)).ConfigureAwait(false), created: false) : NotFound(name);

    private static IResult Answer(object answer, bool created) => answer switch
    {
        Accepted accepted when created => Results.Created($"/v1/experiments/{accepted.Experiment}", new { name = accepted.Experiment, notices = accepted.Notices }),
        Accepted accepted => Results.Ok(new { name = accepted.Experiment, notices = accepted.Notices }),
        Rejected rejected => Results.Problem(rejected.Reason, statusCode: rejected.Conflict ? StatusCodes.Status409Conflict : StatusCodes.Status400BadRequest),
        _ => Away(),
    };

    private async Task<object> AskAsync(object question)
    {
        try
        {
            return await _coordinator.Ask<object>(question, Patience).ConfigureAwait(false);
        }
        catch (Exception e) when (e is AskTimeoutException or TaskCanceledException)
        {
            return Away();
        }
    }

    private RunEntry? Load(string name) =>
        ExperimentName.IsValid(name) && new RunJournal(_runs).Load(new(name)) is { } experiment ? new(new(name), experiment) : null;

    private RunOverview Overview(RunEntry run) => RunOverview.Of(run, _runs[run.Name]);

    private static IResult NotFound(string name) => Results.Problem($"There is no experiment '{name}'.", statusCode: StatusCodes.Status404NotFound);

    private static IResult Away() => Results.Problem("The coordinator does not answer: it may be moving to another node. Try again.", statusCode: StatusCodes.Status503ServiceUnavailable);
}
