using ActorTrainer.Actors.Checkpoints;
using ActorTrainer.Actors.Data;
using ActorTrainer.Core.Checkpoints;
using ActorTrainer.Core.Data;
using ActorTrainer.Core.Experiments;
using ActorTrainer.Core.Gradients;
using ActorTrainer.Core.Training;
using Akka.Actor;
using Akka.Event;
using static ActorTrainer.Actors.Training.TrainerProtocol;

namespace ActorTrainer.Actors.Training;

/// <summary>
/// Drives one device: takes batches from its loader, steps, hands checkpoints to its writer. Runs on the device's own thread
/// (<c>actortrainer.device-dispatcher</c>), which it shares with the evaluator, so that the two take turns by message.
/// <code>
///   loader --BatchReady--> [ compute -> exchange -> apply ] --WriteCheckpoint--> writer --CheckpointWritten--> experiment
///
///   consumes        a batch a step
///   produces        a step, its line in the step files, a checkpoint where one is due
///   waits for       a batch; the exchange; the write before, when the next checkpoint is due; the verdict, with early stopping
///   unblocked by    BatchReady; its peers; CheckpointWritten; VerdictReached
/// </code>
/// One message is at most one step, then it tells itself to go on: stops and verdicts come in between.
/// </summary>
public sealed class TrainerActor : UntypedActor
{
    private static readonly TimeSpan ProgressEvery = TimeSpan.FromMilliseconds(100);

    private readonly TrainerParts _parts;
    private readonly IActorRef _experiment, _writer, _loader;
    private readonly StepClock _clock;
    private readonly Queue<HostBatch> _batches = new();
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private ITrainSession? _session;
    private StartTraining _placement = null!;
    private TrainingCursor _cursor;
    private int _phase, _loaderRun;
    private StepRequest _request;
    private StepNumber? _writing, _written;
    private (int Phase, int EpochsDone)? _verdictAsked, _verdictGot;
    private StepDue? _waitingToWrite;
    private Ending _ending;
    private string? _failure;
    private bool _going, _over, _phaseStopped;

    private enum Ending { No, Paused, Finished }

    public TrainerActor(TrainerParts parts, IActorRef experiment)
    {
        (_parts, _experiment, _clock) = (parts, experiment, new(parts.Time, ProgressEvery));
        _loader = Context.ActorOf(DataLoaderActor.Props(), "loader");
        _writer = Context.ActorOf(CheckpointWriterActor.Props(parts.Store, experiment), "checkpoint-writer");
    }

    public static Props Props(TrainerParts parts, IActorRef experiment) =>
        Akka.Actor.Props.Create(() => new TrainerActor(parts, experiment)).WithDispatcher("actortrainer.device-dispatcher");

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case StartTraining start: Guarded(() => OnStart(start)); break;
            case NextStep: _going = false; Guarded(GoOn); break;
            case DataLoaderProtocol.BatchReady ready: OnBatch(ready); break;
            case DataLoaderProtocol.LoadingFailed failed when failed.Run == _loaderRun: OnLoadingFailed(failed.Reason); break;
            case DataLoaderProtocol.INotification: break;
            case CheckpointWriterProtocol.CheckpointWritten written: OnWritten(written.Stored.Id.Step); break;
            case CheckpointWriterProtocol.CheckpointFailed failed: OnNotWritten(failed); break;
            case VerdictReached verdict: Guarded(() => OnVerdict(verdict)); break;
            case RequestStop: OnStopRequested(); break;
            default: Unhandled(message); break;
        }
    }

    private void OnStart(StartTraining start)
    {
        (_placement, _cursor, _phase) = (start, start.From, start.From.Phase);
        _parts.Steps.CutBackTo(start.From.Step);
        _parts.Ledger?.CutBackTo(start.From.Step);
        _session = _parts.Engine.OpenTraining(_parts.Job, _parts.Weights);
        _session.Begin(start.From, start.Source is { } source ? _parts.Store.Read(source).State : null);
        _written = start.Source?.Step;
        StartLoader();
        _experiment.Tell(new TrainingStarted(start.Generation, start.From.Step));
        Wake();
    }

    private void StartLoader()
    {
        _loader.Tell(new DataLoaderProtocol.StartLoading(++_loaderRun, new TrainingSequence(_parts.Plan, _parts.Data, _cursor)));
        _loader.Tell(new DataLoaderProtocol.RequestBatches(_loaderRun, _parts.Prefetch));
    }

    private void OnBatch(DataLoaderProtocol.BatchReady ready)
    {
        if (ready.Run != _loaderRun || _over)
        {
            ready.Batch.Dispose();
            return;
        }

        _batches.Enqueue(ready.Batch);
        Wake();
    }

    private void OnLoadingFailed(Exception reason)
    {
        if (reason is not DataException) _log.Error(reason, "Loading failed");
        Fail(reason.Message);
    }

    /// <summary>Everything that can hold the next step back, in the order in which it is asked; then the step.</summary>
    private void GoOn()
    {
        if (_over || _session is null) return;
        if (_waitingToWrite is { } due && !TryWrite(due)) Say(TrainerWait.CheckpointWrite);
        else if (_ending != Ending.No) End();
        else if (_phaseStopped) EndPhase();
        else if (_parts.Plan.IsFinished(_cursor)) EndAfterCheckpoint(Ending.Finished);
        else if (VerdictMissing()) Say(TrainerWait.Verdict);
        else if (_batches.Count == 0) Say(TrainerWait.Batch);
        else Step(_session, _batches.Dequeue());
    }

    private void Step(ITrainSession session, HostBatch batch)
    {
        var before = _cursor;
        var at = _parts.Plan.Coordinates(before);
        StepResult result;
        using (batch)
        {
            if (batch.Request.Sequence != at.Step.Value) throw new InvalidOperationException($"The batch of step {batch.Request.Sequence} came for step {at.Step}.");
            if (_phase != before.Phase)
            {
                session.EnterPhase(before);
                _phase = before.Phase;
            }

            try
            {
                result = Step(session, batch, at);
            }
            catch (NonFiniteLossException e)
            {
                FailNaming(batch, before.Phase, e);
                return;
            }

            Record(batch, at, result);
        }

        _loader.Tell(new DataLoaderProtocol.RequestBatches(_loaderRun, 1));
        _cursor = _parts.Plan.Advance(before);
        var due = _parts.Plan.After(before);
        if (due.EpochEnd) Failpoint.Hit(Failpoints.EpochEnded);
        if (_request >= StepRequest.CheckpointAndStop) _ending = Ending.Paused;
        if (due.Checkpoint || _request >= StepRequest.CheckpointAndRegroup) TryWrite(due);
        Wake();
    }

    private StepResult Step(ITrainSession session, HostBatch batch, StepCoordinates at)
    {
        var own = session.Compute(batch, at, _placement.Own);
        Failpoint.Hit(Failpoints.StepComputed);
        var total = _parts.Exchange.Exchange([.. own.Select(sum => sum with { Tail = sum.Tail with { Request = _request } })]);
        Failpoint.Hit(Failpoints.StepExchanged);
        var result = session.Apply(total, at);
        _request = total.Tail.Request;
        Failpoint.Hit(Failpoints.StepApplied);
        return result;
    }

    private void Record(HostBatch batch, StepCoordinates at, StepResult result)
    {
        double imagesPerSecond = _clock.Step(batch.Count);
        _parts.Steps.Append(new(at.Epoch + 1, at.Step, result.Loss, result.LearningRate, imagesPerSecond, at.Phase,
            result.Samples > 0 ? result.Correct / result.Samples : 0));
        if (_parts.Ledger is { } ledger) LedgerLines.Write(ledger, _placement, at, batch, new ShardLayout(_parts.Job.LogicalShards));
        foreach (var problem in batch.Excluded) _experiment.Tell(new SampleSkipped(_placement.Generation, problem.Path, problem.Reason));
        if (_clock.IsProgressDue()) Publish(at, result, batch.Count, TrainerWait.Nothing);
        _last = (at, result, batch.Count);
    }

    private (StepCoordinates At, StepResult Result, int Count) _last;

    /// <summary>Starts the write of the state as it stands, unless the one before is still under way: then training waits for that.</summary>
    private bool TryWrite(StepDue due)
    {
        if (_written == _cursor.Step || _writing == _cursor.Step)
        {
            _waitingToWrite = null;
            return true;
        }

        _waitingToWrite = due;
        if (_writing is not null) return false;
        _waitingToWrite = null;
        _writing = _cursor.Step;
        _parts.Steps.Flush(durable: false);
        _parts.Ledger?.Flush(durable: false);
        int phase = Experiment.PhaseOf(_cursor);
        var content = new CheckpointContent(new(_placement.Generation, _cursor.Step), _session!.Capture(_cursor), _parts.Job.Phases[phase].Description, _parts.ConfigurationHash);
        _writer.Tell(new CheckpointWriterProtocol.WriteCheckpoint(content, due));
        return true;
    }

    private void OnWritten(StepNumber step)
    {
        (_writing, _written) = (null, step);
        TellFailure();
        Wake();
    }

    private void OnNotWritten(CheckpointWriterProtocol.CheckpointFailed failed)
    {
        _writing = null;
        Fail($"Checkpoint {failed.Checkpoint} could not be written: {failed.Reason}");
        TellFailure();
    }

    /// <summary>With early stopping: before the first step of an epoch, the verdict on the epoch before the last must be there.</summary>
    private bool VerdictMissing()
    {
        int epochsDone = _parts.Plan.EpochsDone(_cursor);
        if (!_parts.Plan.NeedsVerdict(_cursor) || _verdictGot == (_cursor.Phase, epochsDone)) return false;
        if (_verdictAsked != (_cursor.Phase, epochsDone))
            _experiment.Tell(new VerdictNeeded(_placement.Generation, _cursor.Phase, epochsDone, epochsDone - _cursor.EpochsBefore));
        _verdictAsked = (_cursor.Phase, epochsDone);
        return true;
    }

    private void OnVerdict(VerdictReached verdict)
    {
        if (_over || _verdictAsked != (verdict.Phase, verdict.EpochsDone)) return;
        _verdictGot = _verdictAsked;
        if (verdict.Stop)
        {
            // The phase's last step is always an evaluated checkpoint, at the cursor as it stands: whoever resumes from it asks for the verdict again.
            _phaseStopped = true;
            TryWrite(new StepDue(EpochEnd: true, PhaseEnd: true, Evaluation: true, Checkpoint: true));
        }

        Wake();
    }

    private void EndPhase()
    {
        _phaseStopped = false;
        _cursor = _parts.Plan.EndPhase(_cursor);
        while (_batches.TryDequeue(out var batch)) batch.Dispose();
        StartLoader();
        Wake();
    }

    private void OnStopRequested()
    {
        _request = StepRequest.CheckpointAndStop;
        if (_verdictAsked is not null && _verdictAsked != _verdictGot && _ending == Ending.No) EndAfterCheckpoint(Ending.Paused);
        Wake();
    }

    private void EndAfterCheckpoint(Ending ending)
    {
        _ending = ending;
        TryWrite(default);
        Wake();
    }

    private void End()
    {
        if (_writing is not null) return;   // CheckpointWritten wakes it
        _over = true;
        _parts.Steps.Flush(durable: true);
        _parts.Ledger?.Flush(durable: true);
        _experiment.Tell(_ending == Ending.Finished
            ? new TrainingFinished(_placement.Generation, _cursor.Step)
            : new TrainingPaused(_placement.Generation, _cursor.Step));
    }

    private void Say(TrainerWait waiting)
    {
        if (_last.Count > 0 && _clock.IsProgressDue()) Publish(_last.At, _last.Result, _last.Count, waiting);
    }

    private void Publish(StepCoordinates at, StepResult result, int batchSize, TrainerWait waiting) => Context.System.EventStream.Publish(
        new TrainingProgress(_placement.Generation, at, result, batchSize, _clock.ImagesPerSecond, _batches.Count, waiting));

    /// <summary>What starting again would not mend ends the run with its reason; anything else goes to supervision, and so to a new generation.</summary>
    private void Guarded(Action act)
    {
        try
        {
            act();
        }
        catch (Exception e) when (e is DataException or EngineException or IOException or UnauthorizedAccessException)
        {
            Fail(e.Message);
        }
    }

    /// <summary>Names the batch's files, the first in the message and all of them in the log.</summary>
    private void FailNaming(HostBatch batch, int phase, NonFiniteLossException e)
    {
        const int Named = 5;
        string[] files = [.. batch.Request.Samples.Select(sample => _parts.Data.PathOf(phase, sample))];
        _log.Error("{Reason} The batch: {Files}", e.Message, string.Join(", ", files));
        string more = files.Length > Named ? $" and {files.Length - Named} more, all named in log.txt" : "";
        Fail($"{e.Message} Nothing was updated: the state of the step before stands. The batch: {string.Join(", ", files.Take(Named))}{more}. " +
            "A smaller learning rate, gradient-clip or a longer warm-up often helps.");
    }

    private void Fail(string reason)
    {
        if (_over) return;
        (_over, _failure) = (true, reason);
        TellFailure();      // and PostStop flushes: on a full disk a flush fails, and must not hide the reason
    }

    /// <summary>Not before the checkpoint that is being written is done: what is complete is committed before the end.</summary>
    private void TellFailure()
    {
        if (_failure is null || _writing is not null) return;
        _experiment.Tell(new TrainingFailed(_placement.Generation, _failure));
        _failure = null;
    }

    private void Wake()
    {
        if (_going || _over) return;
        _going = true;
        Self.Tell(NextStep.Instance);
    }

    protected override void PostStop()
    {
        while (_batches.TryDequeue(out var batch)) batch.Dispose();
        _session?.Dispose();
        _parts.Steps.Flush(durable: false);
        _parts.Ledger?.Flush(durable: false);
    }

    private sealed record NextStep : INoSerializationVerificationNeeded
    {
        public static NextStep Instance { get; } = new();
    }
}
