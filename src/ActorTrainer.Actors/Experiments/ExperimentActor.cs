using System.Collections.Immutable;
using ActorTrainer.Actors.Checkpoints;
using ActorTrainer.Actors.Evaluation;
using ActorTrainer.Actors.Nodes;
using ActorTrainer.Actors.Training;
using ActorTrainer.Core.Checkpoints;
using ActorTrainer.Core.Evaluation;
using ActorTrainer.Core.Experiments;
using ActorTrainer.Core.Experiments.Placement;
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
/// never waits for it (but at an early-stopping barrier). Its way through generations and commits is <see cref="Conductor"/>'s; here are what comes
/// of it in the journal, in the store and at the trainers, and what follows training: evaluations, verdicts, the test, the digest.
/// <code>
///   recover --> take over --> survey checkpoints --> seats --> gather a generation --> (trainers train) --> trained --> evaluate, test, digest --> completed
///                   |                 ^------------------------- broken, regrouped --------'                               (RunClosing)
///                   '--> attach to the generation that goes on without a coordinator --'
/// </code>
/// </summary>
public sealed class ExperimentActor : UntypedPersistentActor
{
    private readonly ExperimentParts _parts;
    private readonly Conductor _conductor;
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly VerdictDesk _verdicts;
    private readonly EvaluationOrders _orders;
    private readonly ExperimentTrace _trace = new();
    private readonly Dictionary<string, CrewNode> _nodes = [];
    private IActorRef? _generation;
    private int _led;
    private readonly CheckpointTidying _tidying;
    private bool _digesting;

    public ExperimentActor(ExperimentParts parts)
    {
        _parts = parts;
        _conductor = new(new(parts.Definition, parts.Trainers.Min, parts.Trainers.Max, parts.Incarnation, parts.Plan, DueAt, parts.Time.GetUtcNow, parts.Inherited));
        _verdicts = new(parts.EarlyStopping is { } settings ? new(parts.Plan, settings) : null);
        _orders = new(parts.Definition.Name, parts.Crew, Self, _trace);
        _tidying = new(parts.Store, _log);
    }

    public static Props Props(ExperimentParts parts) => Akka.Actor.Props.Create(() => new ExperimentActor(parts));

    public static string PersistenceIdOf(ExperimentName name) => $"experiment-{name}";

    public override string PersistenceId => PersistenceIdOf(_parts.Definition.Name);

    private Experiment State => _conductor.State;

    private DateTimeOffset Now => _parts.Time.GetUtcNow();

    protected override void OnRecover(object message)
    {
        switch (message)
        {
            case IExperimentEvent happened: _conductor.Apply(happened); break;
            case RecoveryCompleted: Self.Tell(TakeOver.Instance); break;
        }
    }

    protected override void OnCommand(object message)
    {
        switch (message)
        {
            case TakeOver: Do(_conductor.TakeOver()); break;
            case Surveyed surveyed: Do(_conductor.Surveyed(surveyed.Number, surveyed.Survey)); break;
            case CheckpointWriterProtocol.CheckpointWritten written: Do(_conductor.Written(written.Stored, written.Cursor, written.Due)); break;
            case CheckpointWriterProtocol.CheckpointFailed: break;     // the trainer fails by it
            case SeatsGranted granted: Do(_conductor.Granted(Known(granted.Nodes))); break;
            case NodesFound found: Do(_conductor.Found(Known(found.Nodes))); break;
            case CrewNodeLost lost: _generation?.Tell(lost); break;
            case CrewChanged: Do(_conductor.CrewChanged()); break;
            case GenerationProtocol.Gathered gathered when Equals(Sender, _generation): Do(_conductor.Gathered(gathered.Generation, gathered.Seats, gathered.States)); break;
            case GenerationProtocol.Gathered: break;
            case GenerationProtocol.Reattached when Equals(Sender, _generation): Do(_conductor.Reattached()); break;
            case GenerationProtocol.Reattached: break;
            case GenerationProtocol.GenerationBroken broken when Equals(Sender, _generation): OnBroken(broken); break;
            case GenerationProtocol.GenerationBroken: break;
            case GenerationProtocol.GenerationStopped stopped: Do(_conductor.Stopped(stopped.Generation, stopped.Step)); break;
            case TrainerProtocol.INotification notification when notification.Generation < State.Generation: break;
            case TrainerProtocol.TrainingStarted started: _log.Info("Generation {Generation} trains from step {Step}", started.Generation, started.From); break;
            case TrainerProtocol.VerdictNeeded needed: OnVerdictNeeded(needed); break;
            case TrainerProtocol.SampleSkipped skipped: Exclude("train", skipped.Path, skipped.Reason); break;
            case TrainerProtocol.TrainingFinished finished: Do(_conductor.Trained(finished.Step)); break;
            case TrainerProtocol.TrainingFailed failed: Fail(failed.Reason); break;
            case EvaluatorFound found: OnEvaluatorFound(found.Node); break;
            case NodeProtocol.EvaluatorReady: _orders.OnReady(Context.Watch(Sender)); break;
            case NodeProtocol.EvaluatorRefused refused: OnEvaluatorGone(refused.Reason); break;
            case EvaluatorProtocol.EvaluationCompleted completed: OnEvaluated(completed); break;
            case EvaluatorProtocol.EvaluationFailed failed: OnEvaluationFailed(failed); break;
            case EvaluatorProtocol.SampleSkipped skipped: Exclude(skipped.Phase is null ? "test" : "validation", skipped.Path, skipped.Reason); break;
            case Digested when _conductor.IsOver: break;
            case Digested digested: Record(new ExperimentCompleted(digested.Digest, Now), () => Do(_conductor.End())); break;
            case Tidied: OnTidied(); break;
            case PauseExperiment: Do(_conductor.Pause()); break;
            case CancelExperiment: Do(_conductor.Cancel()); break;
            case GetExperiment: Sender.Tell(new CurrentExperiment(State)); break;
            case Terminated terminated when _orders.Serves(terminated.ActorRef): OnEvaluatorGone("it is gone"); break;
            case Terminated: break;
            case Status.Failure failure: Fail(failure.Cause.Message); break;
            default: Unhandled(message); break;
        }
    }

    private void Do(IReadOnlyList<ConductorEffect> effects)
    {
        foreach (var effect in effects) Do(effect);
    }

    private void Do(ConductorEffect effect)
    {
        switch (effect)
        {
            case ConductorEffect.Journal journal: Record(journal.Events, () => Do(journal.Then())); break;
            case ConductorEffect.GiveWay way: GiveWay(way.To); break;
            case ConductorEffect.FindNodes find: _parts.Crew.Tell(new FindNodes(_parts.Definition.Name, find.Names)); break;
            case ConductorEffect.Survey survey: Survey(survey.Number); break;
            case ConductorEffect.RequestSeats seats: _parts.Crew.Tell(new RequestSeats(_parts.Definition.Name, seats.Min, seats.Max)); break;
            case ConductorEffect.CloseSeat close: _nodes[close.Node].Node.Tell(new SeatProtocol.CloseSeat(_parts.Definition.Name, _nodes[close.Node].Seat)); break;
            case ConductorEffect.ReleaseSeats: _parts.Crew.Tell(new ReleaseSeats(_parts.Definition.Name)); break;
            case ConductorEffect.Doubt doubt: _parts.Crew.Tell(new SeatFailed(_parts.Definition.Name, doubt.Node, doubt.Reason)); break;
            case ConductorEffect.Lead lead: Lead(lead); break;
            case ConductorEffect.Begin begin: _generation?.Tell(new GenerationProtocol.Begin(begin.Start, _trace.Generation)); break;
            case ConductorEffect.RequestAfterStep request: _generation?.Tell(new GenerationProtocol.RequestAfterStep(request.Request)); break;
            case ConductorEffect.EndGeneration: EndGeneration(); break;
            case ConductorEffect.Delete delete: _tidying.Delete(delete.Id); break;
            case ConductorEffect.Sweep sweep: _tidying.Sweep(sweep.Before); break;
            case ConductorEffect.Retired retired:
                Failpoint.Hit(Failpoints.RetireJournalled);
                _tidying.Delete(retired.Id);
                break;
            case ConductorEffect.RewriteEvaluations: RewriteEvaluations(); break;
            case ConductorEffect.Evaluate: EvaluatePending(); break;
            case ConductorEffect.Committed: OnCommitted(); break;
            case ConductorEffect.Trained: Failpoint.Hit(Failpoints.Finished); break;
            case ConductorEffect.Finish: GoOnAfterTraining(); break;
            case ConductorEffect.Report { IsBad: true } report: _log.Error("{Report}", report.Text); break;
            case ConductorEffect.Report report: _log.Info("{Report}", report.Text); break;
            case ConductorEffect.End: End(); break;
        }
    }

    private void GiveWay(string to)
    {
        Context.Parent.Tell(new ExperimentTakenOver(_parts.Definition.Name, to));
        Context.Stop(Self);
    }

    private void Survey(int number)
    {
        var (store, state) = (_parts.Store, State);
        Task.Run(() => new Surveyed(number, CheckpointSurvey.Of(store, state))).PipeTo(Self);
    }

    /// <summary>The file of evaluations is a copy of the journal's rows, for people and scripts.</summary>
    private void RewriteEvaluations()
    {
        _parts.Evaluations.CutBackTo(StepNumber.Zero);
        foreach (var row in State.Evaluations) _parts.Evaluations.Append(row);
        _parts.Evaluations.Flush(durable: false);
    }

    /// <summary>As the plan has it, but for a phase that early stopping ended there.</summary>
    private StepDue DueAt(Experiment state, TrainingCursor cursor) =>
        state.StoppedPhases.Contains((cursor.Phase, _parts.Plan.EpochsDone(cursor))) ? new(true, true, true, true) : _parts.Plan.DueAt(cursor);

    /// <summary>By name, as the conductor has them.</summary>
    private ImmutableArray<string> Known(ImmutableArray<CrewNode> nodes)
    {
        foreach (var node in nodes) _nodes[node.Name] = node;
        return [.. nodes.Select(node => node.Name)];
    }

    private void Lead(ConductorEffect.Lead lead)
    {
        _verdicts.Clear();
        _generation = Context.ActorOf(
            GenerationActor.Props(_parts.Definition, lead.Generation, [.. lead.Seats.Select(seat => (_nodes[seat.Node], seat.Own))], lead.Attach, _parts.Time),
            $"generation-{lead.Generation}-{(lead.Attach ? "found" : "begun")}-{++_led}");
    }

    private void OnBroken(GenerationProtocol.GenerationBroken broken)
    {
        _generation = null;
        _trace.EndGeneration(broken.Reason);
        Do(_conductor.Broken(broken.Generation, broken.Lost, broken.Reason, broken.Refused));
    }

    private void OnCommitted()
    {
        Failpoint.Hit(Failpoints.CheckpointCommitted);
        EvaluatePending();
        Retire();
    }

    private void EvaluatePending()
    {
        foreach (var checkpoint in State.AwaitingEvaluation) _orders.Order(checkpoint.Id, Experiment.PhaseOf(checkpoint.Cursor));
    }

    private void OnEvaluated(EvaluatorProtocol.EvaluationCompleted completed)
    {
        Failpoint.Hit(Failpoints.EvaluationDone);
        if (!_orders.Done(completed.Checkpoint, completed.Phase) || _conductor.IsOver) return;
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
        _nodes[node.Name] = node;
        node.Node.Tell(new NodeProtocol.OpenEvaluator(_parts.Definition));
    }

    private void OnEvaluatorGone(string reason)
    {
        if (_conductor.IsOver) return;
        _log.Warning("The evaluator: {Reason}", reason);
        if (FailurePolicy.Decide(_orders.Failed()) == FailureDecision.GiveUp) Fail(reason);
    }

    private void OnVerdictNeeded(TrainerProtocol.VerdictNeeded needed)
    {
        _verdicts.Add(needed, Sender);
        Judge();
    }

    private void Judge()
    {
        if (_verdicts.Decide(State) is not { } verdict) return;
        if (verdict.Stop && !State.StoppedPhases.Contains((verdict.Phase, verdict.EpochsDone)))
            Record(new PhaseStopped(verdict.Phase, verdict.EpochsDone, Now), () => Answer(verdict));
        else
            Answer(verdict);
    }

    private void Answer(TrainerProtocol.VerdictReached verdict)
    {
        foreach (var trainer in _verdicts.Take(verdict)) _generation?.Tell(new GenerationProtocol.ToTrainer(trainer, verdict));
    }

    private void GoOnAfterTraining()
    {
        if (_conductor.IsOver) return;
        if (_conductor.WantsToStop)
        {
            Do(_conductor.StopNow());
            return;
        }

        EvaluatePending();
        switch (RunClosing.Next(State, hasTest: _parts.Definition.Phases[^1].Test is not null, isEvaluating: _orders.Outstanding.Count > 0))
        {
            case RunClosing.Step.Test test: _orders.Order(test.Best, phase: null); break;
            case RunClosing.Step.Digest digest: Digest(digest.Last); break;
        }
    }

    private void Digest(CheckpointId last)
    {
        if (_digesting) return;
        _digesting = true;
        var store = _parts.Store;
        Task.Run(() => new Digested(StateDictDigest.Of(store.Read(last).State.Weights))).PipeTo(Self);
    }

    private void Retire() => Do(_conductor.Retire(
        _parts.Checkpoint, [.. _orders.Outstanding.Select(order => order.Checkpoint), .. State.AwaitingEvaluation.Select(c => c.Id)]));

    private void Exclude(string set, string path, string reason)
    {
        if (!State.Excluded.Contains(new(set, path, reason))) Record(new SampleExcluded(set, path, reason, Now), () => { });
    }

    private void EndGeneration()
    {
        if (_generation is { } generation) Context.Stop(generation);
        _generation = null;
    }

    private void Fail(string reason) => Do(_conductor.Fail(reason));

    private void End()
    {
        foreach (var node in _nodes.Values) node.Node.Tell(new NodeProtocol.LeaveExperiment(_parts.Definition.Name));
        _tidying.WhenDone.PipeTo(Self, success: () => Tidied.Instance);
    }

    private void OnTidied()
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
        _conductor.Apply(happened);
        _trace.Happened(State, happened);
        Context.System.EventStream.Publish(new ExperimentChanged(State, happened));
    }

    protected override void PostStop()
    {
        _trace.End();
        base.PostStop();
    }

    private sealed record TakeOver : INoSerializationVerificationNeeded
    {
        public static TakeOver Instance { get; } = new();
    }

    private sealed record Surveyed(int Number, CheckpointSurvey Survey) : INoSerializationVerificationNeeded;

    private sealed record Tidied : INoSerializationVerificationNeeded
    {
        public static Tidied Instance { get; } = new();
    }

    private sealed record Digested(string Digest) : INoSerializationVerificationNeeded;
}
