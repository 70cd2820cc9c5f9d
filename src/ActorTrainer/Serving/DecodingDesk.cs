namespace ActorTrainer.Serving;

/// <summary>Decoding is the costly part of a request that has not been believed yet: as many pictures at a time as there are processors, and few that wait.</summary>
internal sealed class DecodingDesk(int workers, int places) : IDisposable
{
    private readonly SemaphoreSlim _free = new(workers);
    private int _taken;

    public void Dispose() => _free.Dispose();

    /// <summary>Throws <see cref="ServingException"/> where no place is free, or the time is over.</summary>
    public async Task<T> DoAsync<T>(Func<T> work, Deadline deadline, CancellationToken cancel)
    {
        try
        {
            if (Interlocked.Increment(ref _taken) > places) throw ServingException.Busy();
            if (!await _free.WaitAsync(deadline.Left, cancel).ConfigureAwait(false)) throw ServingException.Late(deadline.Patience);
            try
            {
                return await Task.Run(work, cancel).ConfigureAwait(false);
            }
            finally
            {
                _free.Release();
            }
        }
        finally
        {
            Interlocked.Decrement(ref _taken);
        }
    }
}
