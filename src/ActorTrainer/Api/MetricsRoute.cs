using ActorTrainer.Actors.Metrics;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Prometheus;

namespace ActorTrainer.Api;

/// <summary><c>/metrics</c> in Prometheus' text format: what the product measures, requests as ASP.NET measures them, and the process.</summary>
internal sealed class MetricsRoute : IDisposable
{
    public const string Path = "/metrics";

    private const string Requests = "Microsoft.AspNetCore.Hosting", RequestDuration = "http.server.request.duration";

    private static readonly double[] Seconds = Histogram.ExponentialBuckets(0.001, 2, 16), Pictures = Histogram.ExponentialBuckets(1, 2, 8);

    private readonly CollectorRegistry _registry = Metrics.NewCustomRegistry();
    private readonly IDisposable _listening;

    public MetricsRoute()
    {
        DotNetStats.Register(_registry);
        _listening = MeterAdapter.StartListening(new()
        {
            Registry = _registry,
            MetricFactory = Metrics.WithCustomRegistry(_registry),
            InstrumentFilterPredicate = instrument => instrument.Meter.Name == MeterNames.Product || instrument.Meter.Name == Requests && instrument.Name == RequestDuration,
            ResolveHistogramBuckets = instrument => instrument.Name.Contains("pictures", StringComparison.Ordinal) ? Pictures : Seconds,
        });
    }

    public void Map(IEndpointRouteBuilder app) => app.MapGet(Path, async (HttpResponse response, CancellationToken cancel) =>
    {
        response.ContentType = PrometheusConstants.TextContentTypeWithVersionAndEncoding;
        await _registry.CollectAndExportAsTextAsync(response.Body, cancel).ConfigureAwait(false);
    }).DisableRateLimiting().ExcludeFromDescription();

    public void Dispose() => _listening.Dispose();
}
