namespace ActorTrainer.Client.Http;

/// <summary>
/// How a request goes on when it was not answered. One that was not sent goes to the next address, whatever it asks. One that was sent (the connection broke, silence, 502, 503) is repeated once, at the next address, if it may be
/// said twice; and 503 beyond that for as long as it may take a coordinator to move. All else is the service's answer.
/// </summary>
/// <param name="servers">How many addresses there are. With one, the next is that one: a balancer may stand before several gateways.</param>
/// <param name="wait">For how long 503 is said again to.</param>
internal sealed class Course(Question question, int servers, TimeSpan wait, TimeProvider time)
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1), LongestPause = TimeSpan.FromSeconds(10);

    private readonly long _began = time.GetTimestamp();
    private int _unreached;     // addresses in a row that took no connection
    private bool _isRepeated;

    /// <summary>Until 503 is taken for the answer.</summary>
    public TimeSpan Left => wait - time.GetElapsedTime(_began);

    /// <summary>Before the next address is asked; null: none is, and the trouble is the caller's.</summary>
    public TimeSpan? PauseAfter(ServiceException trouble)
    {
        if (trouble.Failure == ServiceFailure.NotReached) return ++_unreached < servers ? TimeSpan.Zero : null;
        _unreached = 0;
        if (!question.IsRepeatable || !(trouble.Failure == ServiceFailure.Lost || trouble.Status is 502 or 503)) return null;
        bool isFirst = !_isRepeated;
        _isRepeated = true;
        if (trouble.Status != 503) return isFirst ? TimeSpan.Zero : null;
        if (isFirst && servers > 1) return TimeSpan.Zero;
        var pause = trouble.RetryAfter is { } asked && asked < LongestPause ? asked : trouble.RetryAfter is null ? Pause : LongestPause;
        return Left > pause || isFirst && trouble.RetryAfter is not null ? pause : null;
    }
}
