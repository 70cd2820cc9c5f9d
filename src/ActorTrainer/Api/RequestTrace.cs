using System.Diagnostics;
using ActorTrainer.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace ActorTrainer.Api;

/// <summary>
/// A request's place in traces. ASP.NET Core begins its span, below the caller's where it sent a <c>traceparent</c>, and only where somebody listens; here it
/// gets the names of OpenTelemetry's conventions for HTTP (https://opentelemetry.io/docs/specs/semconv/http/http-spans/). What probes and scrapers ask for is not told.
/// </summary>
internal static class RequestTrace
{
    /// <summary>By which the node and its caller can speak of a request: its trace where there is one.</summary>
    public static string IdOf(HttpContext context) => SpanOf(context)?.TraceId.ToHexString() ?? context.TraceIdentifier;

    public static async Task InvokeAsync(HttpContext context, RequestDelegate next)
    {
        if (SpanOf(context) is not { } span)
        {
            await next(context).ConfigureAwait(false);
            return;
        }

        var (request, endpoint) = (context.Request, context.GetEndpoint());
        if (endpoint?.Metadata.GetMetadata<Access>() is { IsForWatchers: true } || request.Path == MetricsRoute.Path) span.ActivityTraceFlags &= ~ActivityTraceFlags.Recorded;
        string? route = (endpoint as RouteEndpoint)?.RoutePattern.RawText;
        span.DisplayName = route is null ? request.Method : $"{request.Method} {route}";
        span.SetTag("http.request.method", request.Method).SetTag("http.route", route).SetTag("url.scheme", request.Scheme).SetTag("url.path", request.Path.Value);
        await next(context).ConfigureAwait(false);
        span.SetTag("http.response.status_code", context.Response.StatusCode);
        if (context.Response.StatusCode >= StatusCodes.Status500InternalServerError) span.SetStatus(ActivityStatusCode.Error);
    }

    private static Activity? SpanOf(HttpContext context) => context.Features.Get<Microsoft.AspNetCore.Http.Features.IHttpActivityFeature>()?.Activity is { } span && span.Source.Name == TraceExport.Requests ? span : null;
}
