using System.Collections.Immutable;
using ActorTrainer.Api.Inference;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Cors;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Net.Http.Headers;

namespace ActorTrainer.Api;

/// <summary>
/// Pages of other origins that browsers may let ask the API (CORS): those that the node's file names, with a key in the header, never with the cookie of this
/// page's session.
/// </summary>
internal static class OtherOrigins
{
    private static readonly TimeSpan Remembered = TimeSpan.FromMinutes(10);

    public static void AddOtherOrigins(this IServiceCollection services, ImmutableArray<string> origins) => services.AddCors(options =>
    {
        if (origins.IsEmpty) return;
        options.AddDefaultPolicy(policy => policy
            .WithOrigins([.. origins])
            .WithMethods("GET", "HEAD", "POST", "PUT", "DELETE")
            .WithHeaders(HeaderNames.Authorization, HeaderNames.ContentType, HeaderNames.ContentEncoding, "Last-Event-ID", "Routing-Key", JsonRequest.LengthHeader, HeaderNames.TraceParent)
            .WithExposedHeaders(JsonRequest.LengthHeader, HeaderNames.Link, HeaderNames.Location, HeaderNames.RetryAfter, HeaderNames.WWWAuthenticate)
            .SetPreflightMaxAge(Remembered));
    });

    /// <summary>For this origin's page alone.</summary>
    public static T IsForOwnPage<T>(this T address)
        where T : IEndpointConventionBuilder => address.WithMetadata(new DisableCorsAttribute());
}
