using ActorTrainer.Core.Data;
using Akka.Actor;
using static ActorTrainer.Actors.Data.DataLoaderProtocol;

namespace ActorTrainer.Actors.Data;

/// <summary>
/// Keeps its consumer in batches, in order, never more than it has credit for: back-pressure by protocol, so mailboxes stay short.
/// <code>
///   sequence --next--> source threads (several batches at once) --completed, any order--> in order --BatchReady--> consumer
///
///   consumes        credit (RequestBatches), completed loads
///   produces        BatchReady in the sequence's order
///   waits for       credit, when it has none; the oldest load, when later ones are there already
///   unblocked by    the consumer taking a batch; the source finishing the oldest
/// </code>
/// Batches that nobody will take are disposed here: of an older run, or completed after the actor stopped.
/// </summary>
public sealed class DataLoaderActor : UntypedActor
{
    private readonly CancellationTokenSource _stopped = new();
    private readonly SortedDictionary<long, HostBatch> _completed = [];
    private IActorRef _consumer = ActorRefs.Nobody;
    private IBatchSequence? _sequence;
    private int _run, _credit;
    private long _nextToLoad, _nextToSend;

    public static Props Props() => Akka.Actor.Props.Create(() => new DataLoaderActor());

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case StartLoading start: OnStart(start); break;
            case RequestBatches request when request.Run == _run: OnRequest(request.Count); break;
            case Loaded loaded: OnLoaded(loaded); break;
            case LoadFailed failed when failed.Run == _run: OnFailed(failed.Reason); break;
            case RequestBatches or LoadFailed: break;   // of an older run
            default: Unhandled(message); break;
        }
    }

    private void OnStart(StartLoading start)
    {
        DisposeCompleted();
        (_consumer, _sequence, _run, _credit, _nextToLoad, _nextToSend) = (Sender, start.Sequence, start.Run, 0, 0, 0);
    }

    private void OnRequest(int count)
    {
        _credit += count;
        for (; count > 0 && _sequence is not null; count--)
        {
            if (_sequence.Next() is { } planned) Load(planned);
            else End();
        }
    }

    private void Load(PlannedBatch planned)
    {
        var (run, index, self) = (_run, _nextToLoad++, Self);
        planned.Source.LoadAsync(planned.Request, _stopped.Token).ContinueWith(task =>
        {
            if (task.IsCompletedSuccessfully && _stopped.IsCancellationRequested) task.Result.Dispose();
            else if (task.IsCompletedSuccessfully) self.Tell(new Loaded(run, index, task.Result));
            else if (!_stopped.IsCancellationRequested) self.Tell(new LoadFailed(run, task.Exception?.GetBaseException() ?? new OperationCanceledException()));
        }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
    }

    private void OnLoaded(Loaded loaded)
    {
        if (loaded.Run != _run)
        {
            loaded.Batch.Dispose();
            return;
        }

        _completed.Add(loaded.Index, loaded.Batch);
        while (_completed.Remove(_nextToSend, out var batch))
        {
            _nextToSend++;
            _credit--;
            _consumer.Tell(new BatchReady(_run, batch));
        }

        if (_sequence is null) End();
    }

    private void End()
    {
        _sequence = null;
        if (_nextToSend == _nextToLoad) _consumer.Tell(new SequenceEnded(_run));
    }

    private void OnFailed(Exception reason)
    {
        _sequence = null;
        _consumer.Tell(new LoadingFailed(_run, reason));
        _run = -1;
        DisposeCompleted();
    }

    private void DisposeCompleted()
    {
        foreach (var batch in _completed.Values) batch.Dispose();
        _completed.Clear();
    }

    protected override void PostStop()
    {
        _stopped.Cancel();
        DisposeCompleted();
    }

    private sealed record Loaded(int Run, long Index, HostBatch Batch) : INoSerializationVerificationNeeded;

    private sealed record LoadFailed(int Run, Exception Reason) : INoSerializationVerificationNeeded;
}
