using System.Diagnostics.CodeAnalysis;
using ActorTrainer.Actors.Data;
using ActorTrainer.Core.Data;
using Akka.Actor;

namespace ActorTrainer.Actors.Training;

/// <summary>
/// The batches that a trainer has and has asked for: a credit of as many as are prefetched, one more for each that it has used up. What a loader still
/// sends of a sequence that was given up is disposed of.
/// </summary>
internal sealed class BatchFeed(IActorRef loader, int prefetch)
{
    private readonly Queue<HostBatch> _batches = new();
    private int _run;
    private bool _isOpen;

    public int Count => _batches.Count;

    public bool IsEmpty => _batches.Count == 0;

    /// <summary>Whether this is the sequence that is being loaded.</summary>
    public bool IsOf(int run) => run == _run;

    public void Start(IBatchSequence sequence)
    {
        Stop();
        _isOpen = true;
        loader.Tell(new DataLoaderProtocol.StartLoading(_run, sequence));
        loader.Tell(new DataLoaderProtocol.RequestBatches(_run, prefetch));
    }

    /// <summary>Gives up the sequence, and what has come of it.</summary>
    public void Stop()
    {
        _isOpen = false;
        _run++;
        while (_batches.TryDequeue(out var batch)) batch.Dispose();
    }

    /// <summary>False: nobody wants it any more.</summary>
    public bool Take(DataLoaderProtocol.BatchReady ready)
    {
        if (_isOpen && ready.Run == _run)
        {
            _batches.Enqueue(ready.Batch);
            return true;
        }

        ready.Batch.Dispose();
        return false;
    }

    /// <summary>The caller owns it.</summary>
    public HostBatch Next() => _batches.Dequeue();

    /// <summary>The caller owns it.</summary>
    public bool TryNext([NotNullWhen(true)] out HostBatch? batch) => _batches.TryDequeue(out batch);

    /// <summary>One more, for one that was used up.</summary>
    public void Request() => loader.Tell(new DataLoaderProtocol.RequestBatches(_run, 1));
}
