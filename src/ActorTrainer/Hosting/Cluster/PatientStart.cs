using System.Data.Common;
using System.Net.Sockets;
using Akka.Actor;

namespace ActorTrainer.Hosting.Cluster;

/// <summary>
/// Starts what a node is made of. The first time what goes wrong is for whoever started the node; later it passes, as a journal's server that was away does, and
/// is tried again until it does: a node that was good does not end at night.
/// </summary>
internal sealed class PatientStart(Action<string> say, TimeProvider time)
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1), LongestPause = TimeSpan.FromSeconds(10);
    private bool _hasStarted;

    /// <summary>Null: cancelled.</summary>
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
            catch (Exception e) when (_hasStarted && e is DbException or IOException or SocketException or AkkaException or TimeoutException)
            {
                say($"This node can't join: {e.GetBaseException().Message.TrimEnd('.')}. It tries again.");
            }

            await Task.Delay(pause, time, cancel).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        return null;
    }
}
