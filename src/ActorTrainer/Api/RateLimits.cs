using System.Diagnostics.Metrics;
using System.Threading.RateLimiting;
using ActorTrainer.Actors.Metrics;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace ActorTrainer.Api;

/// <summary>How often one caller may ask.</summary>
/// <param name="RequestsPerSecond">Over time.</param>
/// <param name="Burst">At once, after a quiet time.</param>
internal sealed record RateLimit(int RequestsPerSecond, int Burst);

/// <summary>By ASP.NET Core's rate limiting: a bucket a caller. An event stream counts once, however long it is; watchers and the page's files are not counted.</summary>
internal static class RateLimits
{
    private static readonly Counter<long> Refused = new Meter(MeterNames.Product).CreateCounter<long>("http_refused_total", description: "Requests that were refused because their caller asked too often.");

    /// <param name="limit">Null: none.</param>
    public static void AddRateLimit(this IServiceCollection services, RateLimit? limit) => services.AddRateLimiter(options =>
    {
        if (limit is null) return;
        options.GlobalLimiter = PartitionedRateLimiter.Create<HttpContext, string>(context => RateLimitPartition.GetTokenBucketLimiter(Callers.Of(context), _ => Bucket(limit)));
        options.OnRejected = (refused, _) =>
            throw TooOftenException.Of(refused.Lease, RefusedFor.Rate, $"More than {limit.RequestsPerSecond} requests a second are not answered to one caller. Try again in a moment.");
    });

    public static void Count(RefusedFor reason) => Refused.Add(1, new KeyValuePair<string, object?>("reason", reason == RefusedFor.Rate ? "rate" : "wrong-keys"));

    /// <summary>Refilled ten times a second, by the time that has gone by.</summary>
    private static TokenBucketRateLimiterOptions Bucket(RateLimit limit) =>
        new() { TokenLimit = limit.Burst, TokensPerPeriod = 1, ReplenishmentPeriod = TimeSpan.FromSeconds(1) / limit.RequestsPerSecond };
}
