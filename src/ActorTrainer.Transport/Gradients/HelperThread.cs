using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;

namespace ActorTrainer.Transport.Gradients;

/// <summary>A thread that does one thing after the other for another thread, which goes on meanwhile. It ends when it is disposed and has done what it was given.</summary>
internal sealed class HelperThread : IDisposable
{
    private readonly BlockingCollection<(Action Action, TaskCompletionSource Done)> _given = [];
    private int _disposed;

    public HelperThread(string name) => new Thread(Work) { Name = name, IsBackground = true }.Start();

    /// <summary>Completes, with what the action throws, on no particular thread.</summary>
    public Task Run(Action action)
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _given.Add((action, done));
        return done.Task;
    }

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 0) _given.CompleteAdding();
    }

    [SuppressMessage("Design", "CA1031", Justification = "It is thrown on where the task is waited for.")]
    private void Work()
    {
        foreach (var (action, done) in _given.GetConsumingEnumerable())
        {
            try
            {
                action();
                done.SetResult();
            }
            catch (Exception e)
            {
                done.SetException(e);
            }
        }

        _given.Dispose();
    }
}
