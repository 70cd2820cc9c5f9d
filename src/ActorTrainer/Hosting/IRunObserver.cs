using ActorTrainer.Core.Data;
using ActorTrainer.Core.Evaluation;
using ActorTrainer.Core.Experiments;

namespace ActorTrainer.Hosting;

/// <summary>
/// What a run says of itself while it goes on. Called from any thread, any number of times a second: whoever implements it decides what a person or
/// a program gets to see. Every run ends with exactly one of <see cref="Completed"/>, <see cref="Interrupted"/> and <see cref="Failed"/>.
/// </summary>
public interface IRunObserver
{
    /// <summary>Data are being listed, hashed and checked, before anything else is known; or features are being computed, before an epoch on them.</summary>
    void Preparing(DataProgress progress);

    /// <summary>Everything automatic is resolved; training begins next.</summary>
    /// <param name="resumedFrom">The checkpoint that training goes on from; null at the first start.</param>
    void Prepared(ExperimentDefinition definition, CheckpointId? resumedFrom);

    /// <summary>After a step, or while waiting for one.</summary>
    void Progress(RunProgress progress);

    /// <summary>A checkpoint was evaluated on the validation set, and the journal has it.</summary>
    void Evaluated(EvaluationRow row, bool isBest);

    /// <summary>Every step up to this checkpoint's is safe.</summary>
    void Committed(CommittedCheckpoint checkpoint);

    /// <summary>Something a person should know and need not act on: fell back one checkpoint, left a file out, waits for a write.</summary>
    void Notice(string text);

    /// <summary>All is done, or was done before.</summary>
    /// <param name="digest">Of the last checkpoint's weights.</param>
    void Completed(Experiment experiment, string digest);

    /// <summary>Stopped on request with everything up to <paramref name="step"/> saved.</summary>
    /// <param name="command">The command line that goes on.</param>
    void Interrupted(StepNumber step, string command);

    /// <summary>Given up. The reason is for a person, and says what to do where that is known.</summary>
    void Failed(string reason);
}

/// <summary>Where training stands.</summary>
/// <param name="PhaseIndex">From 0.</param>
/// <param name="Epoch">The epoch that the step belongs to: 1 for the first, over the whole experiment.</param>
/// <param name="Epochs">Over the whole experiment, if no phase ends early.</param>
/// <param name="Step">Applied steps.</param>
/// <param name="Steps">If no phase ends early.</param>
/// <param name="Loss">Smoothed.</param>
/// <param name="Top1">Of the training batches, smoothed; a fraction of 1.</param>
/// <param name="TimeLeft">Null until it can be told.</param>
/// <param name="Loader">Null where it can not be seen, as from another process.</param>
public sealed record RunProgress(
    string Phase, int PhaseIndex, int Phases, int Epoch, int Epochs, StepNumber Step, long Steps,
    double ImagesPerSecond, double Loss, double Top1, double LearningRate, TimeSpan? TimeLeft, LoaderState? Loader);

/// <param name="Ready">Batches that wait for the trainer.</param>
/// <param name="Capacity">Batches that can wait.</param>
/// <param name="WaitsFor">What the loader waits for, for a person (decoding, credit); null where it does not wait.</param>
public readonly record struct LoaderState(int Ready, int Capacity, string? WaitsFor);
