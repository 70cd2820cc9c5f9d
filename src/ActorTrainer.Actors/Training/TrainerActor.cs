using ActorTrainer.Actors.Checkpoints;
using ActorTrainer.Actors.Data;
using ActorTrainer.Core.Checkpoints;
using ActorTrainer.Core.Data;
using ActorTrainer.Core.Experiments;
using ActorTrainer.Core.Experiments.Placement;
using ActorTrainer.Core.Gradients;
using ActorTrainer.Core.Training;
using Akka.Actor;
using Akka.Event;
using static ActorTrainer.Actors.Training.TrainerProtocol;

namespace ActorTrainer.Actors.Training;

/// <summary>
/// Drives one device: takes its part of each batch from its loader, steps, hands checkpoints to its writer where it owns shard 0. Runs on the device's
/// own thread (<c>actortrainer.device-dispatcher</c>), which it shares with the evaluator, so that the two take turns by message.
/// <code>
///   loader --BatchReady--> [ compute -> exchange -> apply ] --WriteCheckpoint--> writer --CheckpointWritten--> seat
///
///   consumes        its part of a batch a step; in a phase on features the pictures of a block that is missing
///   produces        a step; a block of features; of shard 0's owner its line in the step files, and a checkpoint where one is due
///   waits for       a batch; the exchange; the write before, when the next checkpoint is due; the verdict, with early stopping
///   unblocked by    BatchReady; its peers; CheckpointWritten; VerdictReached
/// </code>
/// One message is at most one step, then it tells itself to go on: stops and verdicts come in between. It lives through generations: where one
/// breaks off, the state of the last step stays in memory, and the next may go on from there.
/// </summary>
public sealed class TrainerActor : UntypedActor, IWithTimers
{
    private static readonly TimeSpan ProgressEvery = TimeSpan.FromMilliseconds(100);

    /// <summary>A verdict may be lost on its way, or take its time.</summary>
    private static readonly TimeSpan AskAgainAfter = TimeSpan.FromSeconds(2), AskAgainAtMost = TimeSpan.FromMinutes(1);

    private readonly TrainerParts _parts;
    private readonly IActorRef _seat, _writer;
    private readonly StepClock _clock;
    private readonly TrainingTrace _trace;
    private readonly BatchFeed _feed;
    private readonly ProgressNews _news;
    private readonly CheckpointTurns _turns = new();
    private readonly VerdictTurns _verdicts;
    private readonly StepFiles _files;
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private ITrainSession? _session;
    private IGradientExchange? _exchange;
    private FeaturePhase? _features;
    private Team _team = null!;
    private TrainingCursor _cursor;
    private int _phase;
    private StepRequest _request;
    private Ending _ending;
    private string? _failure;
    private bool _going, _over = true, _phaseStopped;

    private enum Ending { No, Stopped, Finished }

    public TrainerActor(TrainerParts parts, IActorRef seat)
    {
        (_parts, _seat, _clock, _trace) = (parts, seat, new(parts.Time, ProgressEvery), new(parts.Time));
        (_verdicts, _files) = (new(parts.Plan), new(parts.OpenSteps, parts.OpenLedger));
        _feed = new(Context.ActorOf(DataLoaderActor.Props(), "loader"), parts.Prefetch);
        _news = new(_clock, Context.System.EventStream);
        _writer = Context.ActorOf(CheckpointWriterActor.Props(parts.Store, seat), "checkpoint-writer");
    }

    public static Props Props(TrainerParts parts, IActorRef seat) =>
        Akka.Actor.Props.Create(() => new TrainerActor(parts, seat)).WithDispatcher("actortrainer.device-dispatcher");

    public ITimerScheduler Timers { get; set; } = null!;

    private CheckpointId Here => new(_team.Generation, _cursor.Step);

    private bool OwnsShardZero => _team.Own.First == 0;

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case BeginTraining begin: Guarded(() => OnBegin(begin)); break;
            case SayState: _seat.Tell(new StateHeld(HeldState())); break;
            case NextStep: _going = false; Guarded(GoOn); break;
            case DataLoaderProtocol.BatchReady ready: OnBatch(ready); break;
            case DataLoaderProtocol.LoadingFailed failed when _feed.IsOf(failed.Run): OnLoadingFailed(failed.Reason); break;
            case DataLoaderProtocol.SequenceEnded ended when _feed.IsOf(ended.Run): OnSequenceEnded(); break;
            case DataLoaderProtocol.INotification: break;
            case CheckpointWriterProtocol.CheckpointWritten written: OnWritten(written.Stored.Id); break;
            case CheckpointWriterProtocol.CheckpointFailed failed: OnNotWritten(failed); break;
            case VerdictReached verdict: Guarded(() => OnVerdict(verdict)); break;
            case RequestAfterStep request: OnRequested(request); break;
            case AskAgain again: OnAskAgain(again); break;
            case HoldCheckpoints hold: _turns.Hold(hold.Held); break;
            default: Unhandled(message); break;
        }
    }

    private void OnBegin(BeginTraining begin)
    {
        Leave();
        var (start, team, trace) = begin.Order;
        _team = team;
        _trace.Begin(team, trace);
        _news.Begin(team);
        (_request, _ending, _phaseStopped, _failure, _over) = (StepRequest.None, Ending.No, false, null, false);
        TakeState(start);
        if (!Meet(start, begin.Abort)) return;
        _verdicts.Begin();
        _turns.Begin(OwnsShardZero, start.Source);
        _files.Open(start.From.Step, OwnsShardZero);
        OpenFeatures();
        StartLoader();
        _seat.Tell(new TrainingStarted(team.Generation, start.From.Step));
        if (start.IsLive) WriteWhatIsDue();
        Wake();
    }

    /// <summary>Meets the peers, and takes the state from the one that gives it, where it is not here. False: interrupted, the own state stands.</summary>
    private bool Meet(GenerationStart start, CancellationToken abort)
    {
        try
        {
            _exchange = _parts.Exchanges.Connect(_team, _parts.Job, abort);
            if (start.Giver is not { } giver) return true;
            bool isHere = _session is not null && _cursor == start.From;
            var state = _exchange.Share(giver, isHere ? _session!.Capture(_cursor) : null);
            if (isHere) return true;
            Begin(start.From, state);
            return true;
        }
        catch (ExchangeFailedException e)
        {
            Interrupt(e);
            return false;
        }
    }

    /// <summary>Who wrote the checkpoint that was due at this step may have died of it.</summary>
    private void WriteWhatIsDue()
    {
        var due = _cursor is { StepInPhase: 0, Step.Value: > 0 } ? new StepDue(true, true, true, true) : _parts.Plan.DueAt(_cursor);
        if (due.Checkpoint) TryWrite(due);
    }

    /// <summary>What is in memory, where the generation goes on from it; else a checkpoint's, or the initial weights.</summary>
    private void TakeState(GenerationStart start)
    {
        if (start.IsLive)
        {
            if (start.Giver is null && (_session is null || _cursor != start.From)) throw new InvalidOperationException($"The state after step {start.From.Step} is not in memory here.");
            return;
        }

        Begin(start.From, start.Source is { } source ? _parts.Store.Read(source).State : null);
    }

    private void Begin(TrainingCursor from, TrainingState? state)
    {
        _session ??= _parts.Engine.OpenTraining(_parts.Job, _parts.Weights);
        _session.Begin(from, state);
        (_cursor, _phase) = (from, from.Phase);
    }

    private LiveState? HeldState() => _session is null ? null : new(_cursor, StateHash.Of(_session.Capture(_cursor)));

    /// <summary>Ends what a generation had: batches under way, the exchange, its files. The state stays.</summary>
    private void Leave()
    {
        _over = true;
        _feed.Stop();
        (_exchange as IDisposable)?.Dispose();
        _files.Close();
        _features?.Dispose();
        (_exchange, _features) = (null, null);
    }

    private void StartLoader() => _feed.Start(new TrainingSequence(_parts.Plan, SourceOf(), _cursor, new ShardLayout(_parts.Job.LogicalShards), _team.Own));

    /// <summary>Where the batch after a cursor comes from as things stand; for the loader's thread.</summary>
    private Func<TrainingCursor, IBatchSource?> SourceOf()
    {
        var (plan, data, phase, features) = (_parts.Plan, _parts.Data, _features?.Phase, _features?.Ready());
        return cursor => plan.VariantAt(cursor) is not { } variant ? data.Training(cursor.Phase)
            : cursor.Phase == phase ? features!(variant) : null;
    }

    private void OnBatch(DataLoaderProtocol.BatchReady ready)
    {
        if (_feed.Take(ready)) Wake();
    }

    private void OnLoadingFailed(Exception reason)
    {
        if (reason is FeaturesMissingException missing && _features is { } features && !_over)
        {
            _log.Info("{Reason} It is computed again", missing.Message);
            features.Repair(missing.Block.Variant);
            LoadBlocks(features);
            return;
        }

        if (reason is not DataException) _log.Error(reason, "Loading failed");
        Fail(reason.Message);
    }

    /// <summary>Everything that can hold the next step back, in the order in which it is asked; then the step.</summary>
    private void GoOn()
    {
        if (_over || _session is null) return;
        if (_turns.Waiting is { } due && !TryWrite(due)) _news.Waits(TrainerWait.CheckpointWrite, _feed.Count);
        else if (_ending != Ending.No) End();
        else if (_phaseStopped) EndPhase();
        else if (_parts.Plan.IsFinished(_cursor)) EndAfterCheckpoint(Ending.Finished);
        else if (VerdictMissing())
        {
            // No step comes in which a request could ride: all stop here.
            if (_request >= StepRequest.CheckpointAndRegroup) EndAfterCheckpoint(Ending.Stopped);
            else _news.Waits(TrainerWait.Verdict, _feed.Count);
        }
        else if (_phase != _cursor.Phase) EnterPhase(_session);
        else if (_features is { } features && features.HoldsBack(_parts.Plan.VariantAt(_cursor)!.Value)) SeeToFeatures(_session, features);
        else if (_feed.IsEmpty) _news.Waits(TrainerWait.Batch, _feed.Count);
        else Step(_session, _feed.Next());
    }

    private void EnterPhase(ITrainSession session)
    {
        session.EnterPhase(_cursor);
        _phase = _cursor.Phase;
        OpenFeatures();
        Wake();
    }

    /// <summary>In a phase on features, whose backbone is by now what it stays.</summary>
    private void OpenFeatures()
    {
        _features?.Dispose();
        _features = null;
        if (_phase != _cursor.Phase || _parts.Plan.IsFinished(_cursor) || _parts.Job.Phases[_phase] is not { FeatureBytes: > 0 and var bytes }) return;
        _features = new(_phase, _parts.Data.Features(_phase, _session!.Backbone, bytes));
    }

    /// <summary>One block of the variant that the next epoch takes, if one is missing here.</summary>
    private void SeeToFeatures(ITrainSession session, FeaturePhase features)
    {
        if (features.Variant is null)
        {
            features.Begin(_parts.Plan.VariantAt(_cursor)!.Value);
            LoadBlocks(features);
        }

        if (_feed.IsEmpty && !features.IsLoaded) return;      // BatchReady or SequenceEnded wakes it
        if (_feed.TryNext(out var pictures)) ComputeBlock(session, features, pictures);
        bool isDone = features.IsLoaded && _feed.IsEmpty;
        try
        {
            (isDone, _request) = _clock.Exchanging(() => features.Agree(_exchange!, isDone, _request));
        }
        catch (ExchangeFailedException e)
        {
            Interrupt(e);
            return;
        }

        if (features.IsTogether && _request >= StepRequest.CheckpointAndRegroup)
        {
            EndAfterCheckpoint(Ending.Stopped);
            return;
        }

        if (isDone)
        {
            _log.Info("Features of phase {Phase}, variant {Variant}: {Computed} of {Blocks} blocks were computed here", _phase, features.Variant, features.Computed, features.Source.Blocks.Count);
            features.End();
            StartLoader();
        }

        Wake();
    }

    private void LoadBlocks(FeaturePhase features) => _feed.Start(features.Pictures(_parts.Data.Training(_phase), _team));

    private void ComputeBlock(ITrainSession session, FeaturePhase features, HostBatch pictures)
    {
        using (pictures)
        {
            var block = features.Compute(session, _clock, pictures);
            _news.Computed(_phase, block, features.Source.Blocks.Count);
        }

        _feed.Request();
    }

    private void OnSequenceEnded()
    {
        if (_features is not { Variant: not null } features) return;
        features.IsLoaded = true;
        Wake();
    }

    private void Step(ITrainSession session, HostBatch batch)
    {
        var before = _cursor;
        var at = _parts.Plan.Coordinates(before);
        StepResult result;
        using (batch)
        {
            if (batch.Request.Sequence != at.Step.Value) throw new InvalidOperationException($"The batch of step {batch.Request.Sequence} came for step {at.Step}.");
            try
            {
                result = Step(session, batch, at);
            }
            catch (NonFiniteLossException e)
            {
                FailNaming(batch, before.Phase, e);
                return;
            }
            catch (ExchangeFailedException e)
            {
                Interrupt(e);
                return;
            }

            Record(batch, at, result, session.Times);
        }

        _feed.Request();
        _cursor = _parts.Plan.Advance(before);
        var due = _parts.Plan.After(before);
        if (due.EpochEnd) Failpoint.Hit(Failpoints.EpochEnded);
        if (_request >= StepRequest.CheckpointAndRegroup) _ending = Ending.Stopped;
        if (_turns.Wants(due) || _ending != Ending.No) TryWrite(due);
        Wake();
    }

    private StepResult Step(ITrainSession session, HostBatch batch, StepCoordinates at)
    {
        var own = session.Compute(batch, at, _team.Own, _exchange!.IsFar ? _exchange.Begin : null);
        Failpoint.Hit(Failpoints.StepComputed);
        _files.Enter(_team, at, batch);
        var total = _clock.Exchanging(() => _exchange.Exchange([.. own.Select(sum => sum with { Tail = sum.Tail with { Request = _request } })]));
        Failpoint.Hit(Failpoints.StepExchanged);
        var result = session.Apply(total, at);
        _request = total.Tail.Request;
        Failpoint.Hit(Failpoints.StepApplied);
        return result;
    }

    private void Record(HostBatch batch, StepCoordinates at, StepResult result, ComputeTimes compute)
    {
        var (imagesPerSecond, times) = _clock.Step(batch.WholeCount, batch.DecodeTime, compute);
        var line = new StepRecord(at.Epoch + 1, at.Step, result.Loss, result.LearningRate, imagesPerSecond, at.Phase,
            result.Samples > 0 ? result.Correct / result.Samples : 0, times);
        _files.Append(line);
        _trace.Step(line);
        TrainingMeter.Step(_team.Experiment, batch.Count, isCounted: _files.HasSteps);
        foreach (var problem in batch.Excluded) _seat.Tell(new SampleSkipped(_team.Generation, problem.Path, problem.Reason));
        _news.Stepped(at, result, batch.WholeCount, _feed.Count);
    }

    /// <summary>Starts the write of the state as it stands, where that is this trainer's to do. False: training waits for the write before.</summary>
    private bool TryWrite(StepDue due)
    {
        var turn = _turns.Ask(Here, due);
        if (turn == CheckpointTurn.Write)
        {
            var content = _clock.Saving(Content);       // flushes the steps' files, which a full disk refuses
            _turns.Begun(content.Id);
            _writer.Tell(new CheckpointWriterProtocol.WriteCheckpoint(content, due, _trace.Generation));
        }

        return turn != CheckpointTurn.Wait;
    }

    private CheckpointContent Content()
    {
        // Before the checkpoint counts, so that not even a power cut takes lines of steps that are committed.
        _files.Flush();
        int phase = Experiment.PhaseOf(_cursor);
        return new(Here, _session!.Capture(_cursor), _parts.Job.Phases[phase].Description, _parts.ConfigurationHash);
    }

    private void OnWritten(CheckpointId checkpoint)
    {
        _turns.Written(checkpoint, _team.Generation);
        TellFailure();
        Wake();
    }

    private void OnNotWritten(CheckpointWriterProtocol.CheckpointFailed failed)
    {
        _turns.Failed();
        if (failed.Checkpoint.Generation < _team.Generation) Wake();
        else Fail($"Checkpoint {failed.Checkpoint} could not be written: {failed.Reason}");
        TellFailure();
    }

    private bool VerdictMissing()
    {
        if (!_verdicts.IsMissing(_cursor, out bool isNew)) return false;
        if (isNew) AskVerdict(AskAgainAfter);
        return true;
    }

    private void AskVerdict(TimeSpan patience)
    {
        int epochsDone = _parts.Plan.EpochsDone(_cursor);
        _seat.Tell(new VerdictNeeded(_team.Generation, _cursor.Phase, epochsDone, epochsDone - _cursor.EpochsBefore));
        Timers.StartSingleTimer("verdict", new AskAgain(_team.Generation, _cursor.Phase, epochsDone, patience), patience);
    }

    private void OnAskAgain(AskAgain again)
    {
        if (_over || again.Generation != _team.Generation || !_verdicts.IsWanted(again.Phase, again.EpochsDone)) return;
        AskVerdict(again.Patience * 2 < AskAgainAtMost ? again.Patience * 2 : AskAgainAtMost);
    }

    private void OnVerdict(VerdictReached verdict)
    {
        if (_over || !_verdicts.Take(verdict.Phase, verdict.EpochsDone)) return;
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
        StartLoader();
        Wake();
    }

    private void OnRequested(RequestAfterStep wanted)
    {
        if (_over || wanted.Generation != _team.Generation || wanted.Request <= _request) return;
        _request = wanted.Request;
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
        if (_turns.IsWriting) return;   // CheckpointWritten wakes it
        _over = true;
        _files.Flush();
        _seat.Tell(_ending == Ending.Finished
            ? new TrainingFinished(_team.Generation, _cursor.Step)
            : new TrainingStopped(_team.Generation, _cursor.Step, _request));
    }

    /// <summary>Nothing of the step that was under way has changed anything: the state of the one before stands, for the next generation.</summary>
    private void Interrupt(ExchangeFailedException reason)
    {
        Leave();
        _log.Warning("Generation {Generation} was interrupted after step {Step}: {Reason}", _team.Generation, _cursor.Step, reason.Message);
        _seat.Tell(new TrainingInterrupted(_team.Generation, _cursor.Step, reason.Message));
    }

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
        (_exchange as IDisposable)?.Dispose();      // the peers need not wait for their deadline
        TellFailure();      // and PostStop flushes: on a full disk a flush fails, and must not hide the reason
    }

    /// <summary>Not before the checkpoint that is being written is done: what is complete is committed before the end.</summary>
    private void TellFailure()
    {
        if (_failure is null || _turns.IsWriting) return;
        _seat.Tell(new TrainingFailed(_team.Generation, _failure));
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
        Leave();
        _session?.Dispose();
    }

    private sealed record AskAgain(Generation Generation, int Phase, int EpochsDone, TimeSpan Patience) : INoSerializationVerificationNeeded;

    private sealed record NextStep : INoSerializationVerificationNeeded
    {
        public static NextStep Instance { get; } = new();
    }
}
