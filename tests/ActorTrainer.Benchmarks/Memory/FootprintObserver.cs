using System.Collections.Immutable;
using ActorTrainer.Core.Data;
using ActorTrainer.Core.Evaluation;
using ActorTrainer.Core.Experiments;
using ActorTrainer.Hosting;

namespace ActorTrainer.Benchmarks.Memory;

/// <summary>Takes the footprint of a run when it comes to certain steps, and stops it after the last of them.</summary>
/// <param name="steps">Ascending.</param>
internal sealed class FootprintObserver(IReadOnlyList<long> steps) : IRunObserver, IDisposable
{
    private readonly CancellationTokenSource _enough = new();
    private readonly Lock _lock = new();

    /// <summary>One for each step, as soon after it as the run said how far it was.</summary>
    public ImmutableArray<Footprint> Footprints { get; private set; } = [];

    public string? Failure { get; private set; }

    public CancellationToken Enough => _enough.Token;

    public void Progress(RunProgress progress)
    {
        lock (_lock)
        {
            if (Footprints.Length == steps.Count || progress.Step.Value < steps[Footprints.Length]) return;
            Footprints = Footprints.Add(Footprint.After(progress.Step.Value));
            if (Footprints.Length == steps.Count) _enough.Cancel();
        }
    }

    public void Failed(string reason) => Failure = reason;

    public void Preparing(DataProgress progress)
    {
    }

    public void Prepared(ExperimentDefinition definition, CheckpointId? resumedFrom)
    {
    }

    public void Evaluated(EvaluationRow row, bool isBest)
    {
    }

    public void Committed(CommittedCheckpoint checkpoint)
    {
    }

    public void Notice(string text)
    {
    }

    public void Completed(Experiment experiment, string digest)
    {
    }

    public void Interrupted(StepNumber step, string command)
    {
    }

    public void Dispose() => _enough.Dispose();
}
