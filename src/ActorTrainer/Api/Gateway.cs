using System.Net;
using ActorTrainer.Actors.Coordination;
using ActorTrainer.Actors.Journal;
using ActorTrainer.Api.DataSets;
using ActorTrainer.Api.Inference;
using ActorTrainer.Api.Inference.Rpc;
using ActorTrainer.Api.Models;
using ActorTrainer.Api.Pages;
using ActorTrainer.Core.Training;
using ActorTrainer.DataSets;
using ActorTrainer.Hosting.Cluster;
using ActorTrainer.Registry;
using ActorTrainer.Serving;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace ActorTrainer.Api;

/// <summary>A node's HTTP: <c>/health</c> and <c>/ready</c> for whoever watches over it, and on a gateway the control API and the models.</summary>
internal sealed class Gateway : IAsyncDisposable
{
    private const int MaxBodyBytes = 1 << 20, MaxHeaderBytes = 16 << 10, MaxHeaders = 50, MaxConnections = 1000;
    private static readonly TimeSpan HeaderPatience = TimeSpan.FromSeconds(10);

    /// <summary>For requests that are under way when it ends.</summary>
    private static readonly TimeSpan LeavePatience = TimeSpan.FromSeconds(5);

    private readonly WebApplication _app;
    private readonly NodeSettings _settings;
    private readonly Action<string> _say;
    private readonly ModelRegistry _registry;
    private readonly MetricsRoute _metrics = new();
    private readonly KeyDesk _keys;
    private readonly PredictionService? _predictions;
    private readonly DataSetRoutes? _dataSets;
    private readonly RuleDesk? _rules;
    private volatile bool _isLoading;

    /// <param name="engine">Answers for models; asked for on a gateway's first prediction.</param>
    /// <param name="say">Told, for a person, what should not have happened.</param>
    public Gateway(NodeSettings settings, Func<IEngine> engine, Action<string> say, TimeProvider time)
    {
        (_settings, _say, _registry, _keys, _isLoading) = (settings, say, new(settings.Runs, time), new(settings.Keys), settings.IsAlone);
        bool hasRpc = settings.Is(NodeRoles.Gateway) && settings.Grpc is not null;
        InferenceRpc? rpc = null;
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { EnvironmentName = "Production" });
        builder.Logging.ClearProviders();
        builder.Services.AddApiDescription();
        builder.Services.AddEncodedBodies();
        builder.Services.AddOtherOrigins(settings.Origins);
        builder.Services.AddRateLimit(settings.RateLimit);
        if (hasRpc) InferenceRpc.Add(builder.Services, () => rpc!, say);
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = MaxBodyBytes;
            kestrel.Limits.MaxRequestHeadersTotalSize = MaxHeaderBytes;
            kestrel.Limits.MaxRequestHeaderCount = MaxHeaders;
            kestrel.Limits.MaxConcurrentConnections = MaxConnections;
            kestrel.Limits.RequestHeadersTimeout = HeaderPatience;
            var address = IPAddress.TryParse(settings.Host, out var given) ? given : Dns.GetHostAddresses(settings.Host)[0];
            kestrel.Listen(address, settings.Http ?? 0, Secure);
            if (!hasRpc) return;
            kestrel.Listen(address, settings.Grpc!.Value, listen =>
            {
                // Without TLS nobody says which HTTP is spoken, so this port has but one.
                listen.Protocols = HttpProtocols.Http2;
                Secure(listen);
            });
        });
        _app = builder.Build();
        _app.Use(RequestTrace.InvokeAsync);
        _app.Use((context, next) => Problems.InvokeAsync(context, next, say));
        _app.UseCors();
        _app.Use(new AccessControl(_keys, settings.Origins).InvokeAsync);
        _app.UseRateLimiter();
        _app.UseEncodedBodies();
        _app.MapGet("/health", () => Results.Text("ok")).IsForWatchers();
        _app.MapGet("/ready", () => Trouble() is { } trouble ? Problems.Of(StatusCodes.Status503ServiceUnavailable, trouble) : Results.Text("ready")).IsForWatchers();
        _metrics.Map(_app);
        if (!settings.Is(NodeRoles.Gateway)) return;

        var admission = new Admission(time);
        _predictions = new(_registry, settings.Runs, engine, settings.LogOf("serving"), say, time);
        // A registry of its own: who asks after a quiet time sees what is there then, not the desk's last look.
        _rules = new(new(settings.Runs, time), _predictions, say, time);
        var shelf = new DataSetShelf(settings.Runs.DataSets, time);
        new ExperimentRoutes(settings.Runs, settings.IsAlone ? null : Coordinator, shelf, _app.Lifetime, time).Map(_app);
        if (!settings.IsAlone)
        {
            (_dataSets = new(settings.Runs, shelf, settings.MaxUploadBytes)).Map(_app);
            new TemplateRoutes(shelf).Map(_app);
        }

        _app.MapApiDescription();
        new SessionRoutes(_keys, hasCluster: !settings.IsAlone).Map(_app);
        PageRoutes.Map(_app);
        new ModelRoutes(_registry, _predictions, admission).Map(_app);
        var inference = new InferenceDesk(_registry, _predictions, () => ServingTrouble() is null);
        new InferenceRoutes(inference, admission).Map(_app);
        if (!hasRpc) return;
        rpc = new(inference, admission, time);
        InferenceRpc.Map(_app);
    }

    public CoordinatorLink Coordinator { get; } = new();

    /// <summary>Where it listens for gRPC; null: nowhere, or not yet.</summary>
    public string? RpcAddress => Addresses.ElementAtOrDefault(1);

    private ICollection<string> Addresses => _app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses;

    /// <summary>Returns the address that it listens on.</summary>
    public async Task<string> StartAsync(CancellationToken cancel)
    {
        await _app.StartAsync(cancel).ConfigureAwait(false);
        _rules?.Start();
        return Addresses.First();
    }

    /// <summary>Loads the models there are, as many as are kept in memory, and says which answer. A process that is no node is ready from then on.</summary>
    public async Task PrepareModelsAsync(CancellationToken cancel)
    {
        if (_registry.Models.IsEmpty) _say("There is no completed run yet; one that completes is served from then on.");
        foreach (var model in _registry.Models.Take(PredictionService.MostLoaded))
        {
            try
            {
                await _predictions!.PrepareAsync(model.Answering, cancel).ConfigureAwait(false);
                _say($"{model.Name} answers, version {model.Answering.Id.Version}");
            }
            catch (ServingException e)
            {
                _say(e.Message);
            }
            catch (OperationCanceledException) when (cancel.IsCancellationRequested)
            {
                return;
            }
        }

        _isLoading = false;
    }

    public async ValueTask DisposeAsync()
    {
        using (var patience = new CancellationTokenSource(LeavePatience)) await _app.StopAsync(patience.Token).ConfigureAwait(false);
        await _app.DisposeAsync().ConfigureAwait(false);
        _metrics.Dispose();
        _keys.Dispose();
        _dataSets?.Dispose();
        if (_rules is not null) await _rules.DisposeAsync().ConfigureAwait(false);
        if (_predictions is not null) await _predictions.DisposeAsync().ConfigureAwait(false);
    }

    private void Secure(ListenOptions listen)
    {
        if (_settings.Tls is { } tls) listen.UseHttps(tls.Own);
    }

    /// <summary>Why it is not ready, for a person; null: it is.</summary>
    private string? Trouble() => _settings.IsAlone ? ServingTrouble() : Coordinator.Standing switch
    {
        ClusterStanding.Outside => "The node is not in the cluster.",
        ClusterStanding.WithoutCoordinator => "The node is in the cluster, but no coordinator is in reach.",
        _ => ServingTrouble(),
    };

    /// <summary>Why models are not answered for, for a person; null: they are. They need the journal and nobody of the cluster.</summary>
    private string? ServingTrouble()
    {
        if (_isLoading) return "Models are being loaded.";
        try
        {
            using var journal = _settings.Runs.Journal.OpenForReading();
            return journal is null && !_settings.IsAlone ? "There is no journal." : null;
        }
        catch (Exception e) when (e is JournalException or System.Data.Common.DbException)
        {
            return "The journal can't be reached.";
        }
    }
}
