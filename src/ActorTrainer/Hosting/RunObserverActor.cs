using ActorTrainer.Actors.Experiments;
using ActorTrainer.Actors.Training;
using ActorTrainer.Core.Experiments;
using ActorTrainer.Core.Training;
using Akka.Actor;
using static ActorTrainer.Core.Experiments.ExperimentEvents;

namespace ActorTrainer.Hosting;

/// <summary>How it ended.</summary>
/// <param name="Experiment">Null: it could not go on, and could not journal that either.</param>
/// <param name="Trouble">What its journal said last, if that was it.</param>
internal sealed record RunEnd(Experiment? Experiment, string? Trouble);

/// <summary>Turns what the actors say on the event stream into what a person or a script is told, and tells when the experiment has ended.</summary>
internal sealed class RunObserverActor : UntypedActor
{
    private readonly IRunObserver _observer;
    private readonly PreparedExperiment _prepared;
    private readonly IActorRef _experiment;
    private readonly TaskCompletionSource<RunEnd> _ended;
    private readonly RemainingTime _remaining;
    private readonly Smoothed _loss = new(), _top1 = new();
    private bool _started;
    private string? _trouble;

    public RunObserverActor(IRunObserver observer, PreparedExperiment prepared, IActorRef experiment, TaskCompletionSource<RunEnd> ended, TimeProvider time) =>
        (_observer, _prepared, _experiment, _ended, _remaining) = (observer, prepared, experiment, ended, new(time));

    public static Props Props(IRunObserver observer, PreparedExperiment prepared, IActorRef experiment, TaskCompletionSource<RunEnd> ended, TimeProvider time) =>
        Akka.Actor.Props.Create(() => new RunObserverActor(observer, prepared, experiment, ended, time));

    protected override void PreStart()
    {
        foreach (var type in new[]
        {
            typeof(ExperimentProtocol.ExperimentChanged), typeof(ExperimentProtocol.ExperimentEnded), typeof(ExperimentProtocol.ExperimentWaits),
            typeof(ExperimentProtocol.ExperimentTakenOver), typeof(TrainerProtocol.TrainingProgress), typeof(TrainerProtocol.FeaturesProgress),
        })
            Context.System.EventStream.Subscribe(Self, type);
        Context.Watch(_experiment);
    }

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case TrainerProtocol.TrainingProgress progress: OnProgress(progress); break;
            case TrainerProtocol.FeaturesProgress features: OnFeatures(features); break;
            case ExperimentProtocol.ExperimentChanged changed: OnChanged(changed.Experiment, changed.Happened); break;
            case ExperimentProtocol.ExperimentEnded ended: _ended.TrySetResult(new(ended.Experiment, null)); break;
            case ExperimentProtocol.ExperimentWaits waits:
                _trouble = waits.Reason;
                _observer.Notice($"The journal does not answer ({waits.Reason}). Training waits for it, {waits.Patience.TotalMinutes:0.#} min at most; nothing that was committed is lost.");
                break;
            case ExperimentProtocol.ExperimentTakenOver taken: _observer.Notice($"Another process has taken '{taken.Name}' over: {taken.By}."); break;
            case Terminated: _ended.TrySetResult(new(null, _trouble)); break;      // after ExperimentEnded this changes nothing
        }
    }

    private void OnChanged(Experiment experiment, IExperimentEvent happened)
    {
        switch (happened)
        {
            case GenerationStarted generation:
                if (!_started) _observer.Prepared(experiment.Definition, generation.Source);
                else _observer.Notice($"Training goes on from step {generation.From.Step} as generation {generation.Generation}.");
                _started = true;
                break;
            case CheckpointLost lost: _observer.Notice($"Checkpoint {lost.Checkpoint}: {lost.Problem}; falling back to the one before."); break;
            case CheckpointCommitted committed:
                if (committed.Adopted) _observer.Notice($"Checkpoint {committed.Checkpoint} was complete on disk and is taken over.");
                _observer.Committed(experiment.Checkpoints.First(c => c.Id == committed.Checkpoint));
                break;
            case EvaluationRecorded evaluation: _observer.Evaluated(evaluation.Row, experiment.BestStep == evaluation.Row.Step); break;
            case SampleExcluded sample: _observer.Notice($"{sample.Path} ({sample.Set}) is left out: {sample.Reason}"); break;
            case PhaseStopped phase: _observer.Notice($"Early stopping ends phase '{experiment.Definition.Phases[phase.Phase].Name}' after epoch {phase.AtEpoch}."); break;
            case OperationalSettingsChanged settings: _observer.Notice("Taken up: " + string.Join(", ", settings.Changes.Select(c => $"{c.Key} = {c.New ?? "(not set)"}"))); break;
        }
    }

    private void OnProgress(TrainerProtocol.TrainingProgress progress)
    {
        var plan = _prepared.Plan;
        var phase = plan.Phases[progress.At.Phase];
        long left = phase.Steps - progress.At.StepInPhase - 1 + plan.Phases.Skip(progress.At.Phase + 1).Sum(p => p.Steps);
        _observer.Progress(new(phase.Settings.Name, progress.At.Phase, plan.Phases.Length, progress.At.Epoch + 1, plan.Phases.Sum(p => p.Settings.Epochs),
            progress.At.Step, plan.Steps, progress.ImagesPerSecond, _loss.Add(progress.Result.Loss),
            _top1.Add(progress.Result.Samples > 0 ? progress.Result.Correct / progress.Result.Samples : 0), progress.Result.LearningRate,
            _remaining.After(progress.At.Step, left), new(progress.LoaderReady, _prepared.Settings.Data.Prefetch, WaitsFor(progress))));
    }

    private void OnFeatures(TrainerProtocol.FeaturesProgress progress)
    {
        var phase = _prepared.Plan.Phases[progress.Phase].Settings;
        _observer.Preparing(new(progress.Block.Index + 1, progress.Blocks, $"Features for phase '{phase.Name}', variant {progress.Block.Variant + 1} of {phase.Features!.Variants}, block"));
    }

    private static string? WaitsFor(TrainerProtocol.TrainingProgress progress) => progress switch
    {
        { Waiting: TrainerWait.CheckpointWrite } => "the checkpoint before is still being written",
        { Waiting: TrainerWait.Verdict } => "early stopping waits for an evaluation",
        { Waiting: TrainerWait.Batch } or { LoaderReady: 0 } => "decoding",
        _ => null,
    };

    /// <summary>An exponentially smoothed value.</summary>
    private sealed class Smoothed
    {
        private double? _value;

        public double Add(double next)
        {
            _value = _value is { } value ? value + 0.1 * (next - value) : next;
            return _value.Value;
        }
    }

    /// <summary>Time left by the mean rate of steps since this process began to train.</summary>
    private sealed class RemainingTime(TimeProvider time)
    {
        private (long Timestamp, long Step)? _first;

        public TimeSpan? After(StepNumber step, long left)
        {
            long now = time.GetTimestamp();
            _first ??= (now, step.Value);
            long steps = step.Value - _first.Value.Step;
            return steps < 3 ? null : time.GetElapsedTime(_first.Value.Timestamp, now) / steps * left;
        }
    }
}
