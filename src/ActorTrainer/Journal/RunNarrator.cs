using System.Collections.Immutable;
using ActorTrainer.Core.Experiments;
using ActorTrainer.Core.Training;
using ActorTrainer.Hosting;
using static ActorTrainer.Core.Experiments.ExperimentEvents;

namespace ActorTrainer.Journal;

/// <summary>How a run ended for whoever follows it.</summary>
internal enum RunEnd { Completed, Paused, Failed }

/// <summary>
/// Tells an observer what the process that trains tells its own, from events and steps, wherever they came from. What happened before the first news is
/// summed up.
/// </summary>
/// <param name="goesOn">The command line that lets a paused run go on.</param>
/// <param name="since">The journal's last number when the run was asked to go on: an end before that is not its end now.</param>
internal sealed class RunNarrator(IRunObserver observer, TimeProvider time, string goesOn, long since = 0)
{
    private const double Smoothing = 0.05;
    private Experiment? _run;
    private (long At, StepNumber Step)? _began;
    private double? _loss, _top1;

    /// <summary>As its events have made it; null before the first.</summary>
    public Experiment? Run => _run;

    /// <summary>Tells what is new; null while it goes on.</summary>
    public RunEnd? Tell(RunNews news)
    {
        bool first = _run is null;
        if (first && news.Events.IsEmpty) return null;
        if (first) Begin(news.Events);
        foreach (var line in news.Steps) Tell(line);
        if (first) return HasEnded(news.Events) ? EndOf(_run!) : null;
        RunEnd? end = null;
        // What comes after an end, such as an evaluation that was under way, does not take it back; only going on does.
        foreach (var entry in news.Events) end = Tell(entry) ?? (entry.Event is GenerationStarted ? null : end);
        return end;
    }

    private void Begin(ImmutableArray<JournalEntry> history)
    {
        _run = Experiment.Of(history.Select(entry => entry.Event))!;
        observer.Prepared(_run.Definition, _run.StartedFrom);
        foreach (var row in _run.Evaluations) observer.Evaluated(row, row.Step == _run.BestStep);
    }

    /// <summary>One that was asked to go on has ended by an event that came after that, or had nothing left to do.</summary>
    private bool HasEnded(ImmutableArray<JournalEntry> history) =>
        _run!.Status == ExperimentStatus.Completed || history.LastOrDefault(entry => IsEnd(entry.Event)) is { } last && last.SequenceNumber > since;

    private RunEnd? Tell(JournalEntry entry)
    {
        _run = Experiment.Apply(_run, entry.Event);
        switch (entry.Event)
        {
            case GenerationStarted e:
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

        return IsEnd(entry.Event) ? EndOf(_run) : null;
    }

    private static bool IsEnd(IExperimentEvent happened) => happened is ExperimentCompleted or ExperimentPaused or ExperimentFailed or ExperimentCancelled;

    private RunEnd? EndOf(Experiment run)
    {
        switch (run.Status)
        {
            case ExperimentStatus.Completed:
                observer.Completed(run, run.Digest!);
                return RunEnd.Completed;
            case ExperimentStatus.Paused:
                observer.Interrupted(run.Newest?.Id.Step ?? StepNumber.Zero, goesOn);
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
}
