using System.Diagnostics.CodeAnalysis;

namespace ActorTrainer.Hosting.Cluster;

/// <summary>
/// Starts what a node is made of. The first time what goes wrong is for whoever started the node; later it is tried again until it works, since the settings were
/// good and what they name (a journal's server, a port, a file) comes back: a node does not end at night.
/// </summary>
internal sealed class PatientStart(Action<string> say, TimeProvider time)
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1), LongestPause = TimeSpan.FromSeconds(10);
    private bool _hasStarted;

    /// <summary>Null: cancelled.</summary>
    [SuppressMessage("Design", "CA1031", Justification = "Whatever it was, it is said, and the node is wanted.")]
    public async Task<T?> StartAsync<T>(Func<T> start, CancellationToken cancel) where T : class
    {
        for (var pause = Pause; !cancel.IsCancellationRequested; pause = pause * 2 < LongestPause ? pause * 2 : LongestPause)
        {
            try
            {
                var started = start();
                _hasStarted = true;
                return started;
            }
            catch (Exception e) when (_hasStarted)
            {
                say($"This node can't join: {e.GetBaseException().Message.TrimEnd('.')}. It tries again.");
            }

            await Task.Delay(pause, time, cancel).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        return null;
    }
}
