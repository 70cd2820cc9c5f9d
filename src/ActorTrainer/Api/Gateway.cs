using System.Net;
using ActorTrainer.Actors.Coordination;
using ActorTrainer.Actors.Journal;
using ActorTrainer.Hosting.Cluster;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace ActorTrainer.Api;

/// <summary>A node's HTTP: <c>/health</c> and <c>/ready</c> for whoever watches over it, and on a gateway the control API.</summary>
internal sealed class Gateway : IAsyncDisposable
{
    private const int MaxBodyBytes = 1 << 20, MaxHeaderBytes = 16 << 10, MaxHeaders = 50, MaxConnections = 1000;
    private static readonly TimeSpan HeaderPatience = TimeSpan.FromSeconds(10);

    private readonly WebApplication _app;
    private readonly NodeSettings _settings;

    /// <param name="say">Told, for a person, what should not have happened.</param>
    public Gateway(NodeSettings settings, Action<string> say, TimeProvider time)
    {
        _settings = settings;
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { EnvironmentName = "Production" });
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = MaxBodyBytes;
            kestrel.Limits.MaxRequestHeadersTotalSize = MaxHeaderBytes;
            kestrel.Limits.MaxRequestHeaderCount = MaxHeaders;
            kestrel.Limits.MaxConcurrentConnections = MaxConnections;
            kestrel.Limits.RequestHeadersTimeout = HeaderPatience;
            kestrel.Listen(IPAddress.TryParse(settings.Host, out var address) ? address : Dns.GetHostAddresses(settings.Host)[0], settings.Http ?? 0, listen =>
            {
                if (settings.Tls is { } tls) listen.UseHttps(tls.Own);
            });
        });
        _app = builder.Build();
        _app.Use((context, next) => Problems.InvokeAsync(context, next, say));
        _app.Use(new AccessControl(settings.Keys).InvokeAsync);
        _app.MapGet("/health", () => Results.Text("ok"));
        _app.MapGet("/ready", Ready);
        if (settings.Is(CoordinatorActor.GatewayRole)) new ExperimentRoutes(settings.Runs, Coordinator, _app.Lifetime, time).Map(_app);
    }

    public CoordinatorLink Coordinator { get; } = new();

    /// <summary>Returns the address that it listens on.</summary>
    public async Task<string> StartAsync(CancellationToken cancel)
    {
        await _app.StartAsync(cancel).ConfigureAwait(false);
        return _app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private IResult Ready()
    {
        if (!Coordinator.IsMember) return Problems.Of(StatusCodes.Status503ServiceUnavailable, "The node is not in the cluster.");
        try
        {
            using var journal = _settings.Runs.Journal.OpenForReading();
            return journal is null ? Problems.Of(StatusCodes.Status503ServiceUnavailable, "There is no journal.") : Results.Text("ready");
        }
        catch (Exception e) when (e is JournalException or System.Data.Common.DbException)
        {
            return Problems.Of(StatusCodes.Status503ServiceUnavailable, "The journal can't be reached.");
        }
    }
}
