using System.Runtime.ExceptionServices;
using ActorTrainer.Data.Decoding;

namespace ActorTrainer.Data.Sources;

/// <summary>A loop over files on threads of its own, a workspace each: decoding must not take the thread pool from those who answer messages.</summary>
internal static class WorkerThreads
{
    /// <summary>Blocks until all are done. The first exception ends the loop and is thrown here.</summary>
    /// <param name="threads">Null: the machine's cores.</param>
    public static void For(int count, string name, Action<int, Workspace> body, CancellationToken cancel, int? threads = null)
    {
        int next = -1;
        ExceptionDispatchInfo? failure = null;
        Thread[] workers = [.. Enumerable.Range(0, Math.Clamp(Math.Min(threads ?? Environment.ProcessorCount, count), 1, 64)).Select(i => new Thread(Work) { IsBackground = true, Name = $"{name}-{i}" })];
        foreach (var worker in workers) worker.Start();
        foreach (var worker in workers) worker.Join();
        cancel.ThrowIfCancellationRequested();
        failure?.Throw();

        void Work()
        {
            var workspace = new Workspace();
            for (int i; Volatile.Read(ref failure) is null && !cancel.IsCancellationRequested && (i = Interlocked.Increment(ref next)) < count;)
            {
                try
                {
                    body(i, workspace);
                }
                catch (Exception e)
                {
                    // Thrown again by the caller's thread; this one has nobody to throw to.
                    Interlocked.CompareExchange(ref failure, ExceptionDispatchInfo.Capture(e), null);
                }
            }
        }
    }
}
