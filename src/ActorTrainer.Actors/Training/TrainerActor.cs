using ActorTrainer.Actors.Checkpoints;
using ActorTrainer.Actors.Data;
using ActorTrainer.Core.Data;
using ActorTrainer.Core.Experiments;
using ActorTrainer.Core.Gradients;
using ActorTrainer.Core.Training;
using Akka.Actor;
using Akka.Event;
using static ActorTrainer.Actors.Training.TrainerProtocol;

namespace ActorTrainer.Actors.Training;

/// <summary>
/// Drives one device: takes its part of each batch from its loader, steps, hands checkpoints to its writer where it owns shard 0. What comes next is its
/// <see cref="TrainingAgenda"/>'s to say, how it is done its <see cref="DeviceWork"/>'s; the messages are its own. Runs on the device's own thread
/// (<c>actortrainer.device-dispatcher</c>), which it shares with the evaluator, so that the two take turns by message.
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

    private readonly IActorRef _seat, _writer;
    private readonly TrainingAgenda _agenda;
    private readonly DeviceWork _work;
    private readonly BatchFeed _feed;
    private readonly ProgressNews _news;
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private Generation _generation;
    private string? _failure;
    private bool _going, _over = true;

    public TrainerActor(TrainerParts parts, IActorRef seat)
    {
        var clock = new StepClock(parts.Time, ProgressEvery);
        (_seat, _agenda, _news) = (seat, new(parts.Plan), new(clock, Context.System.EventStream));
        _work = new(parts, _agenda, clock, _news, _log, seat);
        _feed = new(Context.ActorOf(DataLoaderActor.Props(), "loader"), parts.Prefetch);
        _writer = Context.ActorOf(CheckpointWriterActor.Props(parts.Store, seat), "checkpoint-writer");
    }

    public static Props Props(TrainerParts parts, IActorRef seat) =>
        Akka.Actor.Props.Create(() => new TrainerActor(parts, seat)).WithDispatcher("actortrainer.device-dispatcher");

    public ITimerScheduler Timers { get; set; } = null!;

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case BeginTraining begin: Guarded(() => OnBegin(begin)); break;
            case SayState: _seat.Tell(new StateHeld(_work.HeldState())); break;
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
            case HoldCheckpoints hold: _agenda.HoldCheckpoints(hold.Held); break;
            default: Unhandled(message); break;
        }
    }

    private void OnBegin(BeginTraining begin)
    {
        Leave();
        var (start, team, _) = begin.Order;
        (_generation, _failure, _over) = (team.Generation, null, false);
        _work.Begin(begin.Order, begin.Abort);
        var due = _agenda.Begin(_generation, writes: team.Own.First == 0, start);
        _work.Open();
        LoadBatches();
        _seat.Tell(new TrainingStarted(_generation, start.From.Step));
        Write(due);
        Wake();
    }

    /// <summary>Ends what a generation had: batches under way, the exchange, its files. The state stays.</summary>
    private void Leave()
    {
        _over = true;
        _feed.Stop();
        _work.Leave();
    }

    private void LoadBatches() => _feed.Start(_work.Batches());

    private void LoadBlocks(FeaturePhase features) => _feed.Start(_work.Pictures(features));

    private void OnBatch(DataLoaderProtocol.BatchReady ready)
    {
        if (_feed.Take(ready)) Wake();
    }

    private void OnSequenceEnded()
    {
        if (_work.Features is not { Variant: not null } features) return;
        features.IsLoaded = true;
        Wake();
    }

    private void OnLoadingFailed(Exception reason)
    {
        if (reason is FeaturesMissingException missing && _work.Features is { } features && !_over)
        {
            _log.Info("{Reason} It is computed again", missing.Message);
            features.Repair(missing.Block.Variant);
            LoadBlocks(features);
            return;
        }

        if (reason is not DataException) _log.Error(reason, "Loading failed");
        Fail(reason.Message);
    }

    /// <summary>Does what comes next, and what is to be done at once before it.</summary>
    private void GoOn()
    {
        if (_over) return;
        switch (_agenda.Next(variant => _work.Features?.HoldsBack(variant) ?? false, hasBatch: !_feed.IsEmpty))
        {
            case TrainingDeed.Write write:
                Write(write);
                GoOn();
                break;
            case TrainingDeed.AskVerdict verdict:
                AskVerdict(verdict, AskAgainAfter);
                GoOn();
                break;
            case TrainingDeed.Wait wait: _news.Waits(wait.For, _feed.Count); break;
            case TrainingDeed.EndPhase:
                LoadBatches();
                Wake();
                break;
            case TrainingDeed.EnterPhase enter:
                _work.EnterPhase(enter.At);
                Wake();
                break;
            case TrainingDeed.ComputeFeatures compute: ComputeFeatures(_work.Features!, compute.Variant); break;
            case TrainingDeed.Step step: Step(_feed.Next(), step.Before); break;
            case TrainingDeed.Finish finish: End(new TrainingFinished(_generation, finish.After)); break;
            case TrainingDeed.Stop stop: End(new TrainingStopped(_generation, stop.After, stop.Request)); break;
        }
    }

    /// <summary>One block of the variant, if one is missing here.</summary>
    private void ComputeFeatures(FeaturePhase features, int variant)
    {
        if (features.Variant is null)
        {
            features.Begin(variant);
            LoadBlocks(features);
        }

        if (_feed.IsEmpty && !features.IsLoaded) return;      // BatchReady or SequenceEnded wakes it
        if (_feed.TryNext(out var pictures))
        {
            using (pictures) _work.ComputeFeatures(features, pictures);
            _feed.Request();
        }

        bool isDone = features.IsLoaded && _feed.IsEmpty;
        if (features.IsTogether)
        {
            (isDone, var request) = _work.Agree(isDone);
            Write(_agenda.Agreed(request));
        }

        if (isDone && !_agenda.IsEnding)
        {
            _log.Info("Features of phase {Phase}, variant {Variant}: {Computed} of {Blocks} blocks were computed here", features.Phase, features.Variant, features.Computed, features.Source.Blocks.Count);
            features.End();
            LoadBatches();
        }

        Wake();
    }

    private void Step(HostBatch batch, TrainingCursor before)
    {
        StepRequest request;
        using (batch) request = _work.Step(batch, before, _feed.Count);
        _feed.Request();
        var (isEpochEnd, due) = _agenda.Stepped(request);
        if (isEpochEnd) Failpoint.Hit(Failpoints.EpochEnded);
        Write(due);
        Wake();
    }

    /// <summary>Begins the write of the state as it stands; null: none is due.</summary>
    private void Write(TrainingDeed.Write? write)
    {
        if (write is null) return;
        var order = _work.Capture(write);       // a full disk refuses this, and nothing is being written then
        _agenda.WriteBegun(write.Id);
        _writer.Tell(order);
    }

    private void OnWritten(CheckpointId checkpoint)
    {
        _agenda.Written(checkpoint);
        TellFailure();
        Wake();
    }

    private void OnNotWritten(CheckpointWriterProtocol.CheckpointFailed failed)
    {
        _agenda.WriteFailed();
        if (failed.Checkpoint.Generation < _generation) Wake();
        else Fail($"Checkpoint {failed.Checkpoint} could not be written: {failed.Reason}");
        TellFailure();
    }

    private void AskVerdict(TrainingDeed.AskVerdict verdict, TimeSpan patience)
    {
        _seat.Tell(new VerdictNeeded(_generation, verdict.Phase, verdict.EpochsDone, verdict.EpochsInPhase));
        Timers.StartSingleTimer("verdict", new AskAgain(_generation, verdict, patience), patience);
    }

    private void OnAskAgain(AskAgain again)
    {
        if (_over || again.Generation != _generation || !_agenda.Awaits(again.Verdict.Phase, again.Verdict.EpochsDone)) return;
        AskVerdict(again.Verdict, again.Patience * 2 < AskAgainAtMost ? again.Patience * 2 : AskAgainAtMost);
    }

    private void OnVerdict(VerdictReached verdict)
    {
        if (_over || !_agenda.Awaits(verdict.Phase, verdict.EpochsDone)) return;
        Write(_agenda.Judged(verdict.Phase, verdict.EpochsDone, verdict.Stop));
        Wake();
    }

    private void OnRequested(RequestAfterStep wanted)
    {
        if (!_over && wanted.Generation == _generation && _agenda.Ask(wanted.Request)) Wake();
    }

    private void End(INotification last)
    {
        _work.Flush();
        _over = true;       // not before: what a full disk refuses is told
        _seat.Tell(last);
    }

    /// <summary>
    /// A failed exchange ends the generation here: nothing of the step that was under way has changed anything, the state of the one before stands for the
    /// next. What starting again would not mend ends the run with its reason; anything else goes to supervision, and so to a new generation.
    /// </summary>
    private void Guarded(Action act)
    {
        try
        {
            act();
        }
        catch (ExchangeFailedException e)
        {
            Interrupt(e.Message);
        }
        catch (Exception e) when (e is DataException or EngineException or IOException or UnauthorizedAccessException)
        {
            Fail(e.Message);
        }
    }

    private void Interrupt(string reason)
    {
        Leave();
        _log.Warning("Generation {Generation} was interrupted after step {Step}: {Reason}", _generation, _agenda.Cursor.Step, reason);
        _seat.Tell(new TrainingInterrupted(_generation, _agenda.Cursor.Step, reason));
    }

    private void Fail(string reason)
    {
        if (_over) return;
        (_over, _failure) = (true, reason);
        _work.LeavePeers();
        TellFailure();      // and PostStop flushes: on a full disk a flush fails, and must not hide the reason
    }

    /// <summary>Not before the checkpoint that is being written is done: what is complete is committed before the end.</summary>
    private void TellFailure()
    {
        if (_failure is null || _agenda.IsWriting) return;
        _seat.Tell(new TrainingFailed(_generation, _failure));
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
        _feed.Stop();
        _work.Dispose();
    }

    private sealed record AskAgain(Generation Generation, TrainingDeed.AskVerdict Verdict, TimeSpan Patience) : INoSerializationVerificationNeeded;

    private sealed record NextStep : INoSerializationVerificationNeeded
    {
        public static NextStep Instance { get; } = new();
    }
}
