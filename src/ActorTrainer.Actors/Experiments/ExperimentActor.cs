using ActorTrainer.Actors.Checkpoints;
using ActorTrainer.Actors.Evaluation;
using ActorTrainer.Actors.Training;
using ActorTrainer.Core.Checkpoints;
using ActorTrainer.Core.Evaluation;
using ActorTrainer.Core.Experiments;
using ActorTrainer.Core.Gradients;
using ActorTrainer.Core.Models;
using ActorTrainer.Core.Training;
using Akka.Actor;
using Akka.Event;
using Akka.Persistence;
using static ActorTrainer.Actors.Experiments.ExperimentProtocol;
using static ActorTrainer.Core.Experiments.ExperimentEvents;

namespace ActorTrainer.Actors.Experiments;

/// <summary>
/// The source of truth of one experiment. Whatever happens is persisted, then folded into <see cref="Experiment"/>, then acted upon; training itself
/// never waits for it (but at an early-stopping barrier).
/// <code>
///   recover --> take over --> survey checkpoints --> start generation --> (trainer trains) --> trained --> evaluate, test, digest --> completed
///                                   ^------------------ trainer broke down -----'
/// </code>
/// </summary>
public sealed class ExperimentActor : UntypedPersistentActor
{
    private readonly ExperimentParts _parts;
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly HashSet<(CheckpointId, int?)> _evaluating = [];
    private readonly EarlyStoppingJudge? _judge;
    private Experiment? _state;
    private IActorRef? _trainer, _evaluator;
    private Exception? _breakdown;
    private TrainerProtocol.VerdictNeeded? _verdictWanted;
    private StepNumber? _trained;
    private int _breakdowns;
    private Task _deletions = Task.CompletedTask;
    private bool _pause, _over, _digesting, _took;
    private string? _coordinator;

    public ExperimentActor(ExperimentParts parts)
    {
        _parts = parts;
        _judge = parts.EarlyStopping is { } settings ? new(parts.Plan, settings) : null;
    }

    public static Props Props(ExperimentParts parts) => Akka.Actor.Props.Create(() => new ExperimentActor(parts));

    public static string PersistenceIdOf(ExperimentName name) => $"experiment-{name}";

    public override string PersistenceId => PersistenceIdOf(_parts.Definition.Name);

    private Experiment State => _state ?? throw new InvalidOperationException("The experiment has not been created.");

    private DateTimeOffset Now => _parts.Time.GetUtcNow();

    protected override SupervisorStrategy SupervisorStrategy() => new OneForOneStrategy(reason =>
    {
        _breakdown = reason;
        return Directive.Stop;
    });

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
            case TrainerProtocol.INotification notification when notification.Generation < State.Generation: break;
            case TrainerProtocol.TrainingStarted started: _log.Info("Generation {Generation} trains from step {Step}", started.Generation, started.From); break;
            case TrainerProtocol.VerdictNeeded needed: OnVerdictNeeded(needed); break;
            case TrainerProtocol.SampleSkipped skipped: Exclude("train", skipped.Path, skipped.Reason); break;
            case TrainerProtocol.TrainingFinished finished: OnTrained(finished.Step); break;
            case TrainerProtocol.TrainingPaused: Pause(); break;
            case TrainerProtocol.TrainingFailed failed: Fail(failed.Reason); break;
            case EvaluatorProtocol.EvaluationCompleted completed: OnEvaluated(completed); break;
            case EvaluatorProtocol.EvaluationFailed failed: OnEvaluationFailed(failed); break;
            case EvaluatorProtocol.SampleSkipped skipped: Exclude(skipped.Phase is null ? "test" : "validation", skipped.Path, skipped.Reason); break;
            case Digested digested: Record(new ExperimentCompleted(digested.Digest, Now), End); break;
            case Deleted: OnDeleted(); break;
            case PauseExperiment: OnPauseRequested(); break;
            case GetExperiment: Sender.Tell(new CurrentExperiment(State)); break;
            case Terminated terminated: OnTerminated(terminated.ActorRef); break;
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
        Record(events, Survey);
    }

    private void Survey()
    {
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
            else if (_pause) Pause();
            else if (State.IsTrained) GoOnAfterTraining();
            else StartGeneration();
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

    private void StartGeneration()
    {
        var (generation, from, source) = (State.Generation.Next, State.Newest?.Cursor ?? TrainingCursor.Start, State.Newest?.Id);
        Record(new GenerationStarted(generation, from, source, Trainers: 1, Now), () =>
        {
            _trained = null;
            _trainer = Context.Watch(Context.ActorOf(_parts.Trainer(Self), $"trainer-{generation}"));
            _trainer.Tell(new TrainerProtocol.StartTraining(generation, from, source, ShardRange.All(_parts.Definition.LogicalShards)));
            EvaluatePending();
        });
    }

    private void OnWritten(CheckpointWriterProtocol.CheckpointWritten written)
    {
        if (written.Stored.Id.Generation != State.Generation || State.Checkpoints.Any(c => c.Id == written.Stored.Id)) return;
        Record(new CheckpointCommitted(written.Stored.Id, written.Cursor, written.Stored.Sha256, written.Stored.Bytes, written.Due, Adopted: false, Now), () =>
        {
            Failpoint.Hit(Failpoints.CheckpointCommitted);
            _breakdowns = 0;
            EvaluatePending();
            Retire();
            if (_trained is { } step) OnTrained(step);
        });
    }

    private void EvaluatePending()
    {
        foreach (var checkpoint in State.AwaitingEvaluation) Evaluate(checkpoint.Id, Experiment.PhaseOf(checkpoint.Cursor));
    }

    private void Evaluate(CheckpointId checkpoint, int? phase)
    {
        if (!_evaluating.Add((checkpoint, phase))) return;
        _evaluator ??= Context.Watch(Context.ActorOf(_parts.Evaluator, "evaluator"));
        _evaluator.Tell(new EvaluatorProtocol.Evaluate(checkpoint, phase));
    }

    private void OnEvaluated(EvaluatorProtocol.EvaluationCompleted completed)
    {
        Failpoint.Hit(Failpoints.EvaluationDone);
        _evaluating.Remove((completed.Checkpoint, completed.Phase));
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
        _evaluating.Remove((failed.Checkpoint, failed.Phase));
        Fail(failed.Damaged
            ? $"Checkpoint {failed.Checkpoint} is damaged and can't be evaluated ({failed.Reason}). Run the same command again: it falls back and goes on."
            : $"Checkpoint {failed.Checkpoint} can't be evaluated: {failed.Reason}");
    }

    private void OnVerdictNeeded(TrainerProtocol.VerdictNeeded needed)
    {
        _verdictWanted = needed;
        Judge();
    }

    /// <summary>Answers the trainer that waits for a verdict, once every evaluation that it rests on is journalled.</summary>
    private void Judge()
    {
        if (_verdictWanted is not { } wanted || _judge?.Decide(State, wanted.Phase, wanted.EpochsDone, wanted.EpochsInPhase) is not { } decision) return;
        _verdictWanted = null;
        var answer = new TrainerProtocol.VerdictReached(wanted.Phase, wanted.EpochsDone, decision == StoppingVerdict.Stop);
        if (answer.Stop && !State.StoppedPhases.Contains((wanted.Phase, wanted.EpochsDone)))
            Record(new PhaseStopped(wanted.Phase, wanted.EpochsDone, Now), () => _trainer?.Tell(answer));
        else
            _trainer?.Tell(answer);
    }

    private void OnTrained(StepNumber step)
    {
        _trained = step;
        if (State.Newest?.Id.Step != step || State.FinishedAt == step) return;      // its commit is still to come
        Record(new TrainingFinished(step, Now), () =>
        {
            Failpoint.Hit(Failpoints.Finished);
            StopTrainer();
            GoOnAfterTraining();
        });
    }

    /// <summary>Outstanding evaluations, then the best on the test set, then the digest.</summary>
    private void GoOnAfterTraining()
    {
        if (_over) return;
        if (_pause)
        {
            Pause();
            return;
        }

        EvaluatePending();
        if (_evaluating.Count > 0 || _digesting) return;
        if (_parts.Definition.Phases[^1].Test is not null && State.Best is { } best && State.Test?.Checkpoint != best.Id)
        {
            Evaluate(best.Id, phase: null);
            return;
        }

        _digesting = true;
        var (store, last) = (_parts.Store, State.Newest!.Id);
        Task.Run(() => new Digested(StateDictDigest.Of(store.Read(last).State.Weights))).PipeTo(Self);
    }

    private void Retire()
    {
        var leased = _evaluating.Select(e => e.Item1).Concat(State.AwaitingEvaluation.Select(c => c.Id)).ToHashSet();
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
        if (_trainer is not null) _trainer.Tell(new TrainerProtocol.RequestStop());
        else if (_state?.IsTrained == true) Pause();
    }

    /// <summary>Everything is saved: stop here. Where the survey is still under way, this waits for it.</summary>
    private void Pause()
    {
        if (_over) return;
        _over = true;
        StopTrainer();
        Record(new ExperimentPaused(State.Newest?.Id.Step ?? StepNumber.Zero, Now), End);
    }

    private void OnTerminated(IActorRef who)
    {
        string reason = _breakdown?.Message ?? "it stopped";
        if (Equals(who, _evaluator))
        {
            _evaluator = null;
            if (!_over) Fail($"The evaluator broke down: {reason}");
            return;
        }

        if (!Equals(who, _trainer) || _over) return;
        _trainer = null;
        _log.Error(_breakdown, "The trainer of generation {Generation} broke down", State.Generation);
        if (FailurePolicy.Decide(++_breakdowns) == FailureDecision.GiveUp) Fail($"The trainer broke down {_breakdowns} times without a new checkpoint, last by: {reason}");
        else Survey();
    }

    private void StopTrainer()
    {
        if (_trainer is null) return;
        Context.Unwatch(_trainer);
        Context.Stop(_trainer);
        _trainer = null;
    }

    private void Fail(string reason)
    {
        if (_over) return;
        _over = true;
        StopTrainer();
        Record(new ExperimentFailed(reason, Now), End);
    }

    private void End()
    {
        _over = true;
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
