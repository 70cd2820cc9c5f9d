using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Threading.RateLimiting;
using Microsoft.AspNetCore.Http;

namespace ActorTrainer.Api;

/// <summary>
/// Where keys are looked at. Who presents wrong ones is soon made to wait, until when a right one is not looked at either: else it could still be found by trying.
/// But for the keys that the address has used before: where many come from one, behind a proxy, a stranger among them shuts nobody out.
/// </summary>
internal sealed class KeyDesk(ImmutableArray<ApiKey> keys) : IDisposable
{
    /// <summary>Wrong keys of an address in a window.</summary>
    private const int MostWrong = 10;

    private static readonly TimeSpan Window = TimeSpan.FromSeconds(10);

    /// <summary>When there are more, all are forgotten: it costs somebody a second.</summary>
    private const int MostRemembered = 10_000;

    private readonly ConcurrentDictionary<(string Address, string KeyHash), bool> _used = new();
    /// <summary>Windows, not buckets: a bucket holds parts of a token, and with any part of one it grants a look that takes none.</summary>
    private readonly PartitionedRateLimiter<string> _wrong = PartitionedRateLimiter.Create<string, string>(address => RateLimitPartition.GetFixedWindowLimiter(address, _ =>
        new() { PermitLimit = MostWrong, Window = Window }));

    /// <summary>No key is asked for.</summary>
    public bool IsOpen => keys.IsEmpty;

    /// <summary>Null: it is none of these. Throws <see cref="TooOftenException"/>.</summary>
    public ApiKey? Find(string secret, HttpContext context)
    {
        string address = Callers.AddressOf(context.Connection.RemoteIpAddress);
        var key = ApiKey.Find(secret, keys);
        if (key is not null && _used.ContainsKey((address, key.Hash))) return key;
        using (var look = _wrong.AttemptAcquire(address, permitCount: 0))
        {
            if (!look.IsAcquired) throw TooOftenException.Of(look, RefusedFor.WrongKeys, "Too many wrong keys came from this address: no new one is looked at for a moment.");
        }

        if (key is null) _wrong.AttemptAcquire(address).Dispose();
        else Remember(address, key);
        return key;
    }

    public void Dispose() => _wrong.Dispose();

    private void Remember(string address, ApiKey key)
    {
        if (_used.Count >= MostRemembered) _used.Clear();
        _used[(address, key.Hash)] = true;
    }
}
