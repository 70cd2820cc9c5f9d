using System.Collections.Immutable;
using ActorTrainer.Actors.Checkpoints;
using ActorTrainer.Actors.Evaluation;
using ActorTrainer.Actors.Nodes;
using ActorTrainer.Actors.Training;
using ActorTrainer.Core.Checkpoints;
using ActorTrainer.Core.Evaluation;
using ActorTrainer.Core.Experiments;
using ActorTrainer.Core.Experiments.Placement;
using ActorTrainer.Core.Gradients;
using ActorTrainer.Core.Models;
using ActorTrainer.Core.Training;
using Akka.Actor;
using Akka.Event;
using Akka.Persistence;
using static ActorTrainer.Actors.Experiments.CrewProtocol;
using static ActorTrainer.Actors.Experiments.ExperimentProtocol;
using static ActorTrainer.Core.Experiments.ExperimentEvents;

namespace ActorTrainer.Actors.Experiments;

/// <summary>
/// The source of truth of one experiment. Whatever happens is persisted, then folded into <see cref="Experiment"/>, then acted upon; training itself
/// never waits for it (but at an early-stopping barrier).
/// <code>
///   recover --> take over --> survey checkpoints --> seats --> gather a generation --> (trainers train) --> trained --> evaluate, test, digest --> completed
///                   |                 ^------------------------- broken, regrouped --------'                               (RunClosing)
///                   '--> attach to the generation that goes on without a coordinator --'
/// </code>
/// </summary>
public sealed class ExperimentActor : UntypedPersistentActor
{
    private readonly ExperimentParts _parts;
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly EarlyStoppingJudge? _judge;
    private readonly EvaluationOrders _orders;
    private readonly List<(TrainerProtocol.VerdictNeeded Needed, IActorRef Trainer)> _verdictsWanted = [];
    private readonly HashSet<CrewNode> _visited = [];
    private ImmutableArray<CrewNode> _seats = [];
    private Experiment? _state;
    private IActorRef? _generation;
    private GenerationProtocol.Gathered? _gathered;
    private StepNumber? _trained, _stoppedAt;
    private int _breakdowns, _led;
    private Task _deletions = Task.CompletedTask;
    private bool _pause, _cancel, _surveyed, _waitsForSeats, _over, _digesting, _took;
    private string? _coordinator;

    public ExperimentActor(ExperimentParts parts)
    {
        _parts = parts;
        _judge = parts.EarlyStopping is { } settings ? new(parts.Plan, settings) : null;
        _orders = new(parts.Definition.Name, parts.Crew, Self);
    }

    public static Props Props(ExperimentParts parts) => Akka.Actor.Props.Create(() => new ExperimentActor(parts));

    public static string PersistenceIdOf(ExperimentName name) => $"experiment-{name}";

    public override string PersistenceId => PersistenceIdOf(_parts.Definition.Name);

    private Experiment State => _state ?? throw new InvalidOperationException("The experiment has not been created.");

    private DateTimeOffset Now => _parts.Time.GetUtcNow();

    protected override void OnRecover(object message)
    {
        switch (message)
        {
            case IExperimentEvent happened:
                _state = Experiment.Apply(_state, happened);
                if (happened is CoordinatorTook took) (_coordinator, _took) = (took.Incarnation, _took || took.Incarnation == _parts.Incarnation);
                break;
            case RecoveryCompleted: Self.Tell(TakeOver.Instance); break;
        }
    }

    protected override void OnCommand(object message)
    {
        switch (message)
        {
            case TakeOver: OnTakeOver(); break;
            case Surveyed surveyed: OnSurveyed(surveyed.Survey); break;
            case CheckpointWriterProtocol.CheckpointWritten written: OnWritten(written); break;
            case CheckpointWriterProtocol.CheckpointFailed: break;     // the trainer fails by it
            case SeatsGranted granted: OnSeats(granted.Nodes); break;
            case NodesFound found: OnFound(found.Nodes); break;
            case CrewNodeLost lost: _generation?.Tell(lost); break;
            case CrewChanged: OnCrewChanged(); break;
            case GenerationProtocol.Gathered gathered: OnGathered(gathered); break;
            case GenerationProtocol.Reattached: OnReattached(); break;
            case GenerationProtocol.GenerationBroken broken: OnBroken(broken); break;
            case GenerationProtocol.GenerationStopped stopped: OnStopped(stopped); break;
            case TrainerProtocol.INotification notification when notification.Generation < State.Generation: break;
            case TrainerProtocol.TrainingStarted started: _log.Info("Generation {Generation} trains from step {Step}", started.Generation, started.From); break;
            case TrainerProtocol.VerdictNeeded needed: OnVerdictNeeded(needed); break;
            case TrainerProtocol.SampleSkipped skipped: Exclude("train", skipped.Path, skipped.Reason); break;
            case TrainerProtocol.TrainingFinished finished: OnTrained(finished.Step); break;
            case TrainerProtocol.TrainingFailed failed: Fail(failed.Reason); break;
            case EvaluatorFound found: OnEvaluatorFound(found.Node); break;
            case NodeProtocol.EvaluatorReady: _orders.OnReady(Context.Watch(Sender)); break;
            case NodeProtocol.EvaluatorRefused refused: OnEvaluatorGone(refused.Reason); break;
            case EvaluatorProtocol.EvaluationCompleted completed: OnEvaluated(completed); break;
            case EvaluatorProtocol.EvaluationFailed failed: OnEvaluationFailed(failed); break;
            case EvaluatorProtocol.SampleSkipped skipped: Exclude(skipped.Phase is null ? "test" : "validation", skipped.Path, skipped.Reason); break;
            case Digested digested: Record(new ExperimentCompleted(digested.Digest, Now), End); break;
            case Deleted: OnDeleted(); break;
            case PauseExperiment: OnPauseRequested(); break;
            case CancelExperiment: OnCancelRequested(); break;
            case GetExperiment: Sender.Tell(new CurrentExperiment(State)); break;
            case Terminated terminated when _orders.Serves(terminated.ActorRef): OnEvaluatorGone("it is gone"); break;
            case Terminated: break;
            case Status.Failure failure: Fail(failure.Cause.Message); break;
            default: Unhandled(message); break;
        }
    }

    private void OnTakeOver()
    {
        // Started again after the journal refused it, because another coordinator had written in the meantime.
        if (_took && _coordinator != _parts.Incarnation)
        {
            Context.Parent.Tell(new ExperimentTakenOver(_parts.Definition.Name, _coordinator!));
            Context.Stop(Self);
            return;
        }

        var events = new List<IExperimentEvent>();
        if (_state is null)
        {
            events.Add(new ExperimentCreated(_parts.Definition, Now));
            if (_parts.Inherited is var (stored, cursor)) events.Add(new CheckpointCommitted(stored.Id, cursor, stored.Sha256, stored.Bytes, default, Adopted: false, Now));
        }

        events.Add(new CoordinatorTook(_parts.Incarnation, Now));
        if (_state is { } state && SettingChanges.Between(state.Definition.Settings, _parts.Definition.Settings) is { IsEmpty: false } changes)
            events.Add(new OperationalSettingsChanged(_parts.Definition, changes, Now));
        Record(events, () =>
        {
            // A generation that trains goes on without a coordinator: it is looked for before anything is done to its files.
            if (State is { Status: ExperimentStatus.Running, Seats: { IsEmpty: false } seats }) _parts.Crew.Tell(new FindNodes(_parts.Definition.Name, [.. seats.Select(seat => seat.Node)]));
            else Survey();
        });
    }

    private void OnFound(ImmutableArray<CrewNode> nodes)
    {
        var seats = State.Seats.Select(place => (Node: nodes.FirstOrDefault(node => node.Name == place.Node), place.Own)).ToImmutableArray();
        _seats = nodes;
        _visited.UnionWith(nodes);
        if (seats.IsEmpty || seats.Any(seat => seat.Node is null)) Survey();
        else Lead(State.Generation, [.. seats.Select(seat => (seat.Node!, seat.Own))], attach: true);
    }

    private void OnReattached()
    {
        _log.Info("Generation {Generation} was found training", State.Generation);
        RewriteEvaluations();
        EvaluatePending();
        if (_pause) RequestStop();
    }

    private void Survey()
    {
        _surveyed = true;
        var (store, state) = (_parts.Store, State);
        Task.Run(() => new Surveyed(CheckpointSurvey.Of(store, state))).PipeTo(Self);
    }

    private void OnSurveyed(CheckpointSurvey survey)
    {
        Record(
        [
            .. survey.Lost.Select(lost => new CheckpointLost(lost.Id, lost.Problem, Now)),
            .. survey.Adoptable.Select(found => new CheckpointCommitted(
                found.Stored.Id, found.Cursor, found.Stored.Sha256, found.Stored.Bytes, DueAt(found.Cursor), Adopted: true, Now)),
        ],
        () =>
        {
            foreach (var id in survey.Garbage) Delete(id);
            RewriteEvaluations();
            if (State.Status == ExperimentStatus.Completed && State.IsTrained) End();
            else if (_cancel) Cancel();
            else if (_pause) Pause();
            else if (State.IsTrained) GoOnAfterTraining();
            else if (_gathered is { } gathered) Begin(gathered, Regrouping.Decide(gathered.States, State.Newest));
            else AskForSeats();
        });
    }

    /// <summary>The file of evaluations is a copy of the journal's rows, for people and scripts.</summary>
    private void RewriteEvaluations()
    {
        _parts.Evaluations.CutBackTo(StepNumber.Zero);
        foreach (var row in State.Evaluations) _parts.Evaluations.Append(row);
        _parts.Evaluations.Flush(durable: false);
    }

    /// <summary>As the plan has it, but for a phase that early stopping ended there.</summary>
    private StepDue DueAt(TrainingCursor cursor) =>
        State.StoppedPhases.Contains((cursor.Phase, _parts.Plan.EpochsDone(cursor))) ? new(true, true, true, true) : _parts.Plan.DueAt(cursor);

    private void AskForSeats()
    {
        _waitsForSeats = true;
        _parts.Crew.Tell(new RequestSeats(_parts.Definition.Name, _parts.Trainers.Min, Math.Min(_parts.Trainers.Max, _parts.Definition.LogicalShards)));
    }

    private void OnSeats(ImmutableArray<CrewNode> nodes)
    {
        if (_over || _generation is not null || !_waitsForSeats) return;
        _waitsForSeats = false;
        foreach (var left in _seats.Where(seat => !nodes.Contains(seat))) left.Node.Tell(new SeatProtocol.CloseSeat(_parts.Definition.Name));
        _seats = nodes;
        _visited.UnionWith(nodes);
        Gather();
    }

    private void Gather()
    {
        (_gathered, _trained, _stoppedAt) = (null, null, null);
        var ranges = new ShardLayout(_parts.Definition.LogicalShards).Cut(_seats.Length);
        Lead(State.Generation.Next, [.. _seats.Zip(ranges)], attach: false);
    }

    private void Lead(Generation generation, ImmutableArray<(CrewNode, ShardRange)> seats, bool attach)
    {
        _verdictsWanted.Clear();
        _generation = Context.ActorOf(GenerationActor.Props(_parts.Definition, generation, seats, attach, _parts.Time), $"generation-{generation}-{(attach ? "found" : "begun")}-{++_led}");
    }

    /// <summary>From the trainers' memory where they hold one state; else from the newest checkpoint that verifies, which is looked for first.</summary>
    private void OnGathered(GenerationProtocol.Gathered gathered)
    {
        if (_over || !Equals(Sender, _generation)) return;
        _gathered = gathered;
        var start = Regrouping.Decide(gathered.States, State.Newest);
        if (start.Disagreement is { } disagreement) _log.Error("Generation {Generation}: {Disagreement}", gathered.Generation, disagreement);
        if (start.IsLive || _surveyed) Begin(gathered, start);
        else Survey();
    }

    private void Begin(GenerationProtocol.Gathered gathered, GenerationStart start)
    {
        _surveyed = false;
        if (start.IsLive) _breakdowns = 0;
        Record(new GenerationStarted(gathered.Generation, start.From, start.Source, gathered.Seats.Length, Now, gathered.Seats, start.StateHash), () =>
        {
            _generation?.Tell(new GenerationProtocol.Begin(start));
            EvaluatePending();
            if (_pause || _cancel) RequestStop();
        });
    }

    private void OnWritten(CheckpointWriterProtocol.CheckpointWritten written)
    {
        // One of an older generation counts for nothing; one that is not newer was heard before, by this coordinator or the one before.
        if (written.Stored.Id.Generation != State.Generation || State.Newest is { } newest && written.Stored.Id.CompareTo(newest.Id) <= 0) return;
        Record(new CheckpointCommitted(written.Stored.Id, written.Cursor, written.Stored.Sha256, written.Stored.Bytes, written.Due, Adopted: false, Now), () =>
        {
            Failpoint.Hit(Failpoints.CheckpointCommitted);
            _breakdowns = 0;
            EvaluatePending();
            Retire();
            if (_trained is { } step) OnTrained(step);
            GoOnWhenSaved();
        });
    }

    private void EvaluatePending()
    {
        foreach (var checkpoint in State.AwaitingEvaluation) _orders.Order(checkpoint.Id, Experiment.PhaseOf(checkpoint.Cursor));
    }

    private void OnEvaluated(EvaluatorProtocol.EvaluationCompleted completed)
    {
        Failpoint.Hit(Failpoints.EvaluationDone);
        if (!_orders.Done(completed.Checkpoint, completed.Phase)) return;
        if (completed.Phase is not { } phase)
        {
            Record(new TestRecorded(completed.Checkpoint, completed.Metrics, Now), GoOnAfterTraining);
            return;
        }

        if (State.Checkpoints.FirstOrDefault(c => c.Id == completed.Checkpoint) is not { } checkpoint) return;
        var row = new EvaluationRow(completed.Checkpoint.Step, phase, _parts.Plan.EpochsDone(checkpoint.Cursor), completed.Metrics);
        if (State.Evaluations.FirstOrDefault(r => r.Step == row.Step) is { } earlier)
        {
            if (earlier != row) Fail($"Step {row.Step} was evaluated twice with different results: this machine does not compute the same bits twice.");
            return;
        }

        Record(new EvaluationRecorded(completed.Checkpoint, row, Now), () =>
        {
            _parts.Evaluations.Append(row);
            _parts.Evaluations.Flush(durable: false);
            Judge();
            Retire();
            if (State.IsTrained) GoOnAfterTraining();
        });
    }

    private void OnEvaluationFailed(EvaluatorProtocol.EvaluationFailed failed)
    {
        if (!_orders.Done(failed.Checkpoint, failed.Phase)) return;
        Fail(failed.Damaged
            ? $"Checkpoint {failed.Checkpoint} is damaged and can't be evaluated ({failed.Reason}). Run the same command again: it falls back and goes on."
            : $"Checkpoint {failed.Checkpoint} can't be evaluated: {failed.Reason}");
    }

    private void OnEvaluatorFound(CrewNode node)
    {
        _visited.Add(node);
        node.Node.Tell(new NodeProtocol.OpenEvaluator(_parts.Definition));
    }

    private void OnEvaluatorGone(string reason)
    {
        if (_over) return;
        _log.Warning("The evaluator: {Reason}", reason);
        if (FailurePolicy.Decide(_orders.Failed()) == FailureDecision.GiveUp) Fail(reason);
    }

    /// <summary>Each trainer asks for itself.</summary>
    private void OnVerdictNeeded(TrainerProtocol.VerdictNeeded needed)
    {
        _verdictsWanted.Add((needed, Sender));
        Judge();
    }

    /// <summary>Answers the trainers that wait for a verdict, once every evaluation that it rests on is journalled.</summary>
    private void Judge()
    {
        if (_verdictsWanted is not [var (wanted, _), ..] || _judge?.Decide(State, wanted.Phase, wanted.EpochsDone, wanted.EpochsInPhase) is not { } decision) return;
        var answer = new TrainerProtocol.VerdictReached(wanted.Phase, wanted.EpochsDone, decision == StoppingVerdict.Stop);
        if (answer.Stop && !State.StoppedPhases.Contains((wanted.Phase, wanted.EpochsDone)))
            Record(new PhaseStopped(wanted.Phase, wanted.EpochsDone, Now), () => AnswerVerdicts(answer));
        else
            AnswerVerdicts(answer);
    }

    private void AnswerVerdicts(TrainerProtocol.VerdictReached answer)
    {
        foreach (var (_, trainer) in _verdictsWanted.Where(wanted => (wanted.Needed.Phase, wanted.Needed.EpochsDone) == (answer.Phase, answer.EpochsDone))) _generation?.Tell(new GenerationProtocol.ToTrainer(trainer, answer));
        _verdictsWanted.RemoveAll(wanted => (wanted.Needed.Phase, wanted.Needed.EpochsDone) == (answer.Phase, answer.EpochsDone));
    }

    private void OnTrained(StepNumber step)
    {
        _trained = step;
        if (State.Newest?.Id.Step != step || State.FinishedAt == step) return;      // its commit is still to come
        Record(new TrainingFinished(step, Now), () =>
        {
            Failpoint.Hit(Failpoints.Finished);
            StopTraining();
            GoOnAfterTraining();
        });
    }

    /// <summary>Outstanding evaluations, then the best on the test set, then the digest.</summary>
    private void GoOnAfterTraining()
    {
        if (_over) return;
        if (_cancel || _pause)
        {
            if (_cancel) Cancel();
            else Pause();
            return;
        }

        EvaluatePending();
        if (_orders.Outstanding.Count > 0 || _digesting) return;
        if (_parts.Definition.Phases[^1].Test is not null && State.Best is { } best && State.Test?.Checkpoint != best.Id)
        {
            _orders.Order(best.Id, phase: null);
            return;
        }

        _digesting = true;
        var (store, last) = (_parts.Store, State.Newest!.Id);
        Task.Run(() => new Digested(StateDictDigest.Of(store.Read(last).State.Weights))).PipeTo(Self);
    }

    private void Retire()
    {
        var leased = _orders.Outstanding.Select(order => order.Checkpoint).Concat(State.AwaitingEvaluation.Select(c => c.Id)).ToHashSet();
        foreach (var id in RetentionPolicy.Retirable([.. State.Checkpoints.Select(c => c.Id)], _parts.Checkpoint, State.Best?.Id, State.StartedFrom, leased))
        {
            Record(new CheckpointRetired(id, Now), () =>
            {
                Failpoint.Hit(Failpoints.RetireJournalled);
                Delete(id);
            });
        }
    }

    /// <summary>Off this actor's thread; the end waits for it, so that nothing retired is left behind.</summary>
    private void Delete(CheckpointId id)
    {
        var (store, log) = (_parts.Store, _log);
        _deletions = Task.WhenAll(_deletions, Task.Run(() =>
        {
            try
            {
                store.Delete(id);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                log.Warning("Checkpoint {Checkpoint} could not be deleted, the next start tries again: {Reason}", id, e.Message);
            }
        }));
    }

    private void Exclude(string set, string path, string reason)
    {
        if (!State.Excluded.Contains(new(set, path, reason))) Record(new SampleExcluded(set, path, reason, Now), () => { });
    }

    private void OnPauseRequested()
    {
        _pause = true;
        if (_generation is not null) RequestStop();
        else if (_state?.IsTrained == true) Pause();
        else if (_waitsForSeats) Pause();
    }

    private void OnCancelRequested()
    {
        _cancel = true;
        if (_generation is not null) RequestStop();
        else if (_waitsForSeats || _state?.IsTrained == true) Cancel();
    }

    private void RequestStop() => _generation?.Tell(new TrainerProtocol.RequestAfterStep(StepRequest.CheckpointAndStop));

    /// <summary>More devices, or one that wants to leave: after the next step all save, and begin anew with whoever is there.</summary>
    private void OnCrewChanged()
    {
        if (_over || State.IsTrained) return;
        _generation?.Tell(new TrainerProtocol.RequestAfterStep(StepRequest.CheckpointAndRegroup));
    }

    /// <summary>All trainers have saved and wait.</summary>
    private void OnStopped(GenerationProtocol.GenerationStopped stopped)
    {
        if (_over || stopped.Generation < State.Generation) return;
        _stoppedAt = stopped.Step;
        GoOnWhenSaved();
    }

    private void GoOnWhenSaved()
    {
        if (_stoppedAt is not { } step || State.Newest?.Id.Step != step) return;       // its commit is still to come
        _stoppedAt = null;
        if (_cancel) Cancel();
        else if (_pause) Pause();
        else
        {
            EndGeneration();
            AskForSeats();
        }
    }

    /// <summary>Everything is saved: stop here. Where the survey is still under way, this waits for it.</summary>
    private void Pause() => Leave(new ExperimentPaused(State.Newest?.Id.Step ?? StepNumber.Zero, Now));

    private void Cancel() => Leave(new ExperimentCancelled(Now));

    private void Leave(IExperimentEvent last)
    {
        if (_over) return;
        _over = true;
        StopTraining();
        Record(last, End);
    }

    /// <summary>Trainers are gone or were interrupted: whoever is left goes on at once, from the state in memory if all hold one.</summary>
    private void OnBroken(GenerationProtocol.GenerationBroken broken)
    {
        if (!Equals(Sender, _generation)) return;
        _generation = null;
        if (_over) return;
        foreach (var (name, reason) in broken.Lost) _parts.Crew.Tell(new SeatFailed(_parts.Definition.Name, name, reason));
        _seats = [.. _seats.Where(seat => !broken.Lost.ContainsKey(seat.Name))];
        _log.Error("Generation {Generation} broke: {Reason}", broken.Generation, broken.Reason);
        // A node that died is no sign that the next try must fail too.
        if (broken.Lost.IsEmpty && FailurePolicy.Decide(++_breakdowns) == FailureDecision.GiveUp)
            Fail($"The trainer broke down {_breakdowns} times without a new checkpoint, last by: {broken.Reason}");
        else if (broken.Refused && _seats.IsEmpty) Fail(broken.Reason);
        else if (_cancel) Cancel();
        else if (_pause && !State.IsTrained && broken.Generation > State.Generation) Pause();
        else if (_seats.Length >= Math.Max(1, _parts.Trainers.Min)) Gather();
        else Survey();
    }

    private void EndGeneration()
    {
        if (_generation is { } generation) Context.Stop(generation);
        _generation = null;
    }

    private void StopTraining()
    {
        EndGeneration();
        foreach (var seat in _seats) seat.Node.Tell(new SeatProtocol.CloseSeat(_parts.Definition.Name));
        _seats = [];
        _parts.Crew.Tell(new ReleaseSeats(_parts.Definition.Name));
    }

    private void Fail(string reason) => Leave(new ExperimentFailed(reason, Now));

    private void End()
    {
        _over = true;
        foreach (var node in _visited) node.Node.Tell(new NodeProtocol.LeaveExperiment(_parts.Definition.Name));
        _deletions.PipeTo(Self, success: () => Deleted.Instance);
    }

    private void OnDeleted()
    {
        Context.System.EventStream.Publish(new ExperimentEnded(State));
        Context.Stop(Self);
    }

    /// <summary>Akka stops this actor now; its supervisor starts it again.</summary>
    protected override void OnPersistFailure(Exception cause, object @event, long sequenceNr)
    {
        base.OnPersistFailure(cause, @event, sequenceNr);
        Context.Parent.Tell(new JournalFailed(cause.GetBaseException().Message));
    }

    protected override void OnRecoveryFailure(Exception reason, object? message = null)
    {
        base.OnRecoveryFailure(reason, message);
        Context.Parent.Tell(new JournalFailed(reason.GetBaseException().Message));
    }

    /// <summary>Persist, fold, tell, and only then act.</summary>
    private void Record(IExperimentEvent happened, Action then) => Persist(happened, persisted =>
    {
        Fold(persisted);
        then();
    });

    private void Record(IReadOnlyList<IExperimentEvent> events, Action then)
    {
        if (events.Count == 0)
        {
            then();
            return;
        }

        int left = events.Count;
        PersistAll(events, persisted =>
        {
            Fold(persisted);
            if (--left == 0) then();
        });
    }

    private void Fold(IExperimentEvent happened)
    {
        _state = Experiment.Apply(_state, happened);
        Context.System.EventStream.Publish(new ExperimentChanged(_state, happened));
    }

    private sealed record TakeOver : INoSerializationVerificationNeeded
    {
        public static TakeOver Instance { get; } = new();
    }

    private sealed record Surveyed(CheckpointSurvey Survey) : INoSerializationVerificationNeeded;

    private sealed record Deleted : INoSerializationVerificationNeeded
    {
        public static Deleted Instance { get; } = new();
    }

    private sealed record Digested(string Digest) : INoSerializationVerificationNeeded;
}
