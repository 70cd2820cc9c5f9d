using System.Collections.Immutable;
using System.Threading.RateLimiting;
using Microsoft.AspNetCore.Http;

namespace ActorTrainer.Api;

/// <summary>
/// Where keys are looked at. Who presents wrong ones is soon made to wait, until when no key from the same address is looked at, the right one neither: else it
/// could still be found by trying.
/// </summary>
internal sealed class KeyDesk(ImmutableArray<ApiKey> keys) : IDisposable
{
    /// <summary>Wrong keys of an address at once; after that one a second.</summary>
    public const int MostWrong = 20;

    private readonly PartitionedRateLimiter<string> _wrong = PartitionedRateLimiter.Create<string, string>(address => RateLimitPartition.GetTokenBucketLimiter(address, _ =>
        new() { TokenLimit = MostWrong, TokensPerPeriod = 1, ReplenishmentPeriod = TimeSpan.FromSeconds(1) }));

    /// <summary>No key is asked for.</summary>
    public bool IsOpen => keys.IsEmpty;

    /// <summary>Null: it is none of these. Throws <see cref="TooOftenException"/>.</summary>
    public ApiKey? Find(string secret, HttpContext context)
    {
        string address = Callers.AddressOf(context.Connection.RemoteIpAddress);
        using (var look = _wrong.AttemptAcquire(address, permitCount: 0))
        {
            if (!look.IsAcquired) throw TooOftenException.Of(look, RefusedFor.WrongKeys, "Too many wrong keys came from this address: none is looked at for a moment.");
        }

        if (ApiKey.Find(secret, keys) is { } key) return key;
        _wrong.AttemptAcquire(address).Dispose();
        return null;
    }

    public void Dispose() => _wrong.Dispose();
}
