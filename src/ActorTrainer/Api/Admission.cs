using System.Globalization;
using ActorTrainer.Serving;
using Microsoft.AspNetCore.Http;

namespace ActorTrainer.Api;

/// <summary>What a request for a prediction may take: bodies are held in memory, so as many at a time as there is memory set aside for.</summary>
internal sealed class Admission(TimeProvider time)
{
    public const int MaxBodyBytes = 16 << 20, MaxPictures = 128;
    private const int MaxRequests = 64;
    public static readonly TimeSpan MaxPatience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan DefaultPatience = TimeSpan.FromSeconds(10);

    private int _requests;

    /// <summary>Throws <see cref="ServingException"/> where too many are under way, <see cref="BodyException"/> for a time that makes no sense.</summary>
    /// <param name="timeout">In seconds; null: the default.</param>
    public async Task<T> AdmitAsync<T>(double? timeout, Func<Deadline, Task<T>> answer)
    {
        if (timeout is { } seconds && !(seconds > 0 && seconds <= MaxPatience.TotalSeconds))
            throw new BodyException(StatusCodes.Status400BadRequest, string.Create(CultureInfo.InvariantCulture, $"timeout: seconds above 0, up to {MaxPatience.TotalSeconds:0}."));
        try
        {
            if (Interlocked.Increment(ref _requests) > MaxRequests) throw ServingException.Busy();
            return await answer(Deadline.In(timeout is { } asked ? TimeSpan.FromSeconds(asked) : DefaultPatience, time)).ConfigureAwait(false);
        }
        finally
        {
            Interlocked.Decrement(ref _requests);
        }
    }
}
