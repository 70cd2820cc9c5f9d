using ActorTrainer.Actors.Tracing;
using ActorTrainer.Core.Checkpoints;
using Akka.Actor;
using Akka.Event;
using static ActorTrainer.Actors.Checkpoints.CheckpointWriterProtocol;

namespace ActorTrainer.Actors.Checkpoints;

/// <summary>
/// Takes a captured state to disk while training goes on. A failed write (a full disk, a share that hangs) is tried again a few times; what
/// failed leaves nothing that could be taken for a checkpoint.
/// </summary>
public sealed class CheckpointWriterActor : UntypedActor, IWithTimers
{
    private static readonly TimeSpan[] Pauses = [TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(3)];
    private readonly CancellationTokenSource _stopped = new();
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly ICheckpointStore _store;
    private readonly IActorRef _experiment;

    public CheckpointWriterActor(ICheckpointStore store, IActorRef experiment) => (_store, _experiment) = (store, experiment);

    public ITimerScheduler Timers { get; set; } = null!;

    public static Props Props(ICheckpointStore store, IActorRef experiment) =>
        Akka.Actor.Props.Create(() => new CheckpointWriterActor(store, experiment));

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case WriteCheckpoint write: Start(new Attempt(write, Sender, 0)); break;
            case Attempt attempt: Start(attempt); break;
            case Written written: Tell(written.Attempt, written.Answer); break;
            case Failed failed: OnFailed(failed); break;
            default: Unhandled(message); break;
        }
    }

    private void Start(Attempt attempt)
    {
        var (store, content, cancel) = (_store, attempt.Write.Content, _stopped.Token);
        Task.Run(() => Write(store, attempt, cancel), cancel).PipeTo(Self,
            success: stored => new Written(attempt, new(stored, content.State.Cursor, attempt.Write.Due)),
            failure: reason => new Failed(attempt, reason));
    }

    private static StoredCheckpoint Write(ICheckpointStore store, Attempt attempt, CancellationToken cancel)
    {
        var content = attempt.Write.Content;
        var span = ProductTracing.Begin(TraceNames.Checkpoint, attempt.Write.Trace)?
            .SetTag("actortrainer.generation", content.Id.Generation.Value).SetTag("actortrainer.step", content.Id.Step.Value).SetTag("actortrainer.attempt", attempt.Number + 1);
        try
        {
            var stored = store.Write(content, cancel);
            span?.SetTag("actortrainer.bytes", stored.Bytes).End();
            return stored;
        }
        catch (Exception e)
        {
            span?.End(e.Message);
            throw;
        }
    }

    private void OnFailed(Failed failed)
    {
        var id = failed.Attempt.Write.Content.Id;
        if (failed.Reason is (IOException or UnauthorizedAccessException) && failed.Attempt.Number < Pauses.Length)
        {
            _log.Warning("Checkpoint {Checkpoint} could not be written, trying again: {Reason}", id, failed.Reason.Message);
            Timers.StartSingleTimer(id, failed.Attempt with { Number = failed.Attempt.Number + 1 }, Pauses[failed.Attempt.Number]);
            return;
        }

        Tell(failed.Attempt, new CheckpointFailed(id, failed.Reason.Message));
    }

    private void Tell(Attempt attempt, object answer)
    {
        _experiment.Tell(answer);   // first, so that the experiment knows of it before anything the trainer says next
        attempt.Trainer.Tell(answer);
    }

    protected override void PostStop() => _stopped.Cancel();

    private sealed record Attempt(WriteCheckpoint Write, IActorRef Trainer, int Number) : INoSerializationVerificationNeeded;

    private sealed record Written(Attempt Attempt, CheckpointWritten Answer) : INoSerializationVerificationNeeded;

    private sealed record Failed(Attempt Attempt, Exception Reason) : INoSerializationVerificationNeeded;
}
