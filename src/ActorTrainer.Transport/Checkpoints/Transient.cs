namespace ActorTrainer.Transport.Checkpoints;

/// <summary>Tries again what may go well in a moment: a store that is overloaded, fails over, or lost a connection.</summary>
internal static class Transient
{
    private static readonly TimeSpan[] Pauses = [TimeSpan.FromMilliseconds(200), TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(4)];

    /// <summary>Every IOException is taken for one that may go away, but for a file that is not there.</summary>
    public static T Retried<T>(Func<T> attempt, CancellationToken cancel = default)
    {
        for (int tried = 0; ; tried++)
        {
            try
            {
                return attempt();
            }
            catch (IOException e) when (e is not FileNotFoundException && tried < Pauses.Length)
            {
                cancel.WaitHandle.WaitOne(Pauses[tried]);
                cancel.ThrowIfCancellationRequested();
            }
        }
    }
}
