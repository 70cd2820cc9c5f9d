using System.Threading.RateLimiting;

namespace ActorTrainer.Api;

/// <summary>What was too much.</summary>
internal enum RefusedFor { Rate, WrongKeys }

/// <summary>Somebody asks more often than he may. The message is for him.</summary>
/// <param name="wait">Until asking again may help.</param>
internal sealed class TooOftenException(TimeSpan wait, RefusedFor reason, string message) : Exception(message)
{
    public TimeSpan Wait => wait;

    public RefusedFor Reason => reason;

    public static TooOftenException Of(RateLimitLease refusal, RefusedFor reason, string message) =>
        new(refusal.TryGetMetadata(MetadataName.RetryAfter, out var wait) ? wait : TimeSpan.FromSeconds(1), reason, message);
}
