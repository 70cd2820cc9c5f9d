using System.Collections.Immutable;
using ActorTrainer.Actors.Journal;
using ActorTrainer.Core.Experiments;
using ActorTrainer.Core.Training;
using ActorTrainer.Hosting;
using ActorTrainer.Transport;
using ActorTrainer.Transport.Training;
using static ActorTrainer.Core.Experiments.ExperimentEvents;

namespace ActorTrainer.Journal;

/// <summary>How a run ended for whoever follows it.</summary>
internal enum RunEnd { Completed, Paused, Failed }

/// <summary>
/// Follows a run of another process by what it leaves on disk, and tells an observer what that process tells its own: events from the journal,
/// steps from metrics.jsonl. What happened before the first look is summed up.
/// </summary>
internal sealed class RunFollower(RunsFolder runs, ExperimentName name, IRunObserver observer, TimeProvider time)
{
    private const double Smoothing = 0.05;
    private readonly RunJournal _journal = new(runs);
    private readonly RunFolder _folder = runs[name];
    private Experiment? _run;
    private long _seen;
    private StepNumber _step;
    private bool _saidGone;
    private (long At, StepNumber Step)? _began;
    private double? _loss, _top1;

    /// <summary>Tells what is new; null while it goes on.</summary>
    public RunEnd? Look()
    {
        // Steps before events: an event speaks of steps that the observer has then heard of.
        bool first = _run is null;
        var fresh = _journal.History(name, _seen);
        if (first) Begin(fresh);
        foreach (var line in first ? LatestStep() : StepLog.Read(_folder.Metrics, after: _step)) Tell(line);
        RunEnd? end = first ? EndOf(_run!) : null;
        foreach (var entry in first ? [] : fresh) end = Tell(entry);
        if (end is null && _run!.Status is ExperimentStatus.Running or ExperimentStatus.Evaluating) SayIfGone();
        return end;
    }

    private void Begin(ImmutableArray<JournalEntry> history)
    {
        // The fold of just these events: a second look at the journal could hold one more, which the next look would then count twice.
        _run = Experiment.Of(history.Select(entry => entry.Event)) ?? throw new JournalException($"'{name}' is no longer in {_journal.Location}.");
        _seen = history[^1].SequenceNumber;
        observer.Prepared(_run.Definition, _run.StartedFrom);
        foreach (var row in _run.Evaluations) observer.Evaluated(row, row.Step == _run.BestStep);
    }

    private StepRecord[] LatestStep() => StepLog.ReadLast(_folder.Metrics) is { } last ? [last] : [];

    private RunEnd? Tell(JournalEntry entry)
    {
        _run = Experiment.Apply(_run, entry.Event);
        _seen = entry.SequenceNumber;
        switch (entry.Event)
        {
            case GenerationStarted e:
                _saidGone = false;
                observer.Notice($"Generation {e.Generation} goes on from step {e.From.Step}.");
                break;
            case CheckpointCommitted e:
                observer.Committed(_run.Checkpoints.Single(c => c.Id == e.Checkpoint));
                break;
            case EvaluationRecorded e:
                observer.Evaluated(e.Row, _run.BestStep == e.Row.Step);
                break;
            case CheckpointLost e:
                observer.Notice($"Checkpoint {e.Checkpoint}: {e.Problem}; falling back to the one before.");
                break;
            case SampleExcluded e:
                observer.Notice($"{e.Path} of the {e.Set} set is left out: {e.Reason}");
                break;
            case PhaseStopped e:
                observer.Notice($"Early stopping ends phase {_run.Definition.Phases[e.Phase].Name}.");
                break;
        }

        return entry.Event is ExperimentCompleted or ExperimentPaused or ExperimentFailed or ExperimentCancelled ? EndOf(_run) : null;
    }

    private RunEnd? EndOf(Experiment run)
    {
        switch (run.Status)
        {
            case ExperimentStatus.Completed:
                observer.Completed(run, run.Digest!);
                return RunEnd.Completed;
            case ExperimentStatus.Paused:
                observer.Interrupted(run.Newest?.Id.Step ?? StepNumber.Zero, "actortrainer run FILE");
                return RunEnd.Paused;
            case ExperimentStatus.Failed:
                observer.Failed(run.Failure ?? "the run failed");
                return RunEnd.Failed;
            case ExperimentStatus.Cancelled:
                observer.Failed("the run was cancelled");
                return RunEnd.Failed;
            default:
                return null;
        }
    }

    private void Tell(StepRecord line)
    {
        _step = line.Step;
        _began ??= (time.GetTimestamp(), line.Step);
        _loss = _loss is { } loss ? loss + Smoothing * (line.Loss - loss) : line.Loss;
        _top1 = _top1 is { } top1 ? top1 + Smoothing * (line.Top1 - top1) : line.Top1;
        var definition = _run!.Definition;
        int phase = Math.Clamp(line.Phase, 0, definition.Phases.Length - 1);
        observer.Progress(new(definition.Phases[phase].Name, phase, definition.Phases.Length, line.Epoch, definition.Phases.Sum(p => p.Epochs),
            line.Step, definition.Steps, line.ImagesPerSecond, _loss.Value, _top1.Value, line.LearningRate, Left(line.Step, definition.Steps), null));
    }

    /// <summary>By the pace since the first look.</summary>
    private TimeSpan? Left(StepNumber step, long steps)
    {
        var (at, from) = _began!.Value;
        long done = step.Value - from.Value;
        return done > 0 && steps >= step.Value ? time.GetElapsedTime(at) / done * (steps - step.Value) : null;
    }

    private void SayIfGone()
    {
        if (_saidGone || RunLock.HolderOf(_folder) is not null) return;
        _saidGone = true;
        observer.Notice($"No process trains '{name}' now. Start its command again and it goes on; this waits for it (Ctrl-C ends the watching).");
    }
}
