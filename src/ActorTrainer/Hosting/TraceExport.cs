using System.Reflection;
using System.Runtime.CompilerServices;
using ActorTrainer.Actors.Tracing;
using OpenTelemetry;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace ActorTrainer.Hosting;

/// <summary>
/// Hands spans to a collector by OTLP where OpenTelemetry's own variables name one
/// (https://opentelemetry.io/docs/specs/otel/protocol/exporter/); they also say how: protocol, headers, timeouts. Where none is named nothing is loaded.
/// </summary>
internal static class TraceExport
{
    private const string Endpoint = "OTEL_EXPORTER_OTLP_ENDPOINT", TracesEndpoint = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT";

    /// <summary>ASP.NET Core's own spans: a request each, below its caller's.</summary>
    public const string Requests = "Microsoft.AspNetCore";

    /// <param name="command">What the process does, for the resource.</param>
    /// <returns>Dispose it at the end: it sends what waits. Null: nothing is exported.</returns>
    public static IDisposable? Start(string command) => IsSet(Endpoint) || IsSet(TracesEndpoint) ? Export(command) : null;

    /// <summary>A method of its own, so that the libraries are loaded only where it is called.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static TracerProvider Export(string command)
    {
        string version = typeof(TraceExport).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+')[0];
        return Sdk.CreateTracerProviderBuilder()
            // The variables come last: OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES say more than the program knows.
            .ConfigureResource(resource => resource.Clear().AddTelemetrySdk()
                .AddService(TraceNames.Product, serviceVersion: version, serviceInstanceId: $"{Environment.MachineName}/{Environment.ProcessId}")
                .AddAttributes([new("actortrainer.command", command)]).AddEnvironmentVariableDetector())
            .AddSource(TraceNames.Product, Requests)
            .AddOtlpExporter()
            .Build();
    }

    private static bool IsSet(string variable) => !string.IsNullOrWhiteSpace(Environment.GetEnvironmentVariable(variable));
}
