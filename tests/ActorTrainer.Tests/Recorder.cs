using ActorTrainer.Core.Data;
using ActorTrainer.Core.Evaluation;
using ActorTrainer.Core.Experiments;
using ActorTrainer.Hosting;

namespace ActorTrainer.Tests;

/// <summary>An observer that keeps what it is told, in a word each.</summary>
internal sealed class Recorder : IRunObserver
{
    private readonly List<string> _told = [];

    public string[] Take()
    {
        string[] told = [.. _told];
        _told.Clear();
        return told;
    }

    public void Preparing(DataProgress progress) => _told.Add("preparing");
    public void Prepared(ExperimentDefinition definition, CheckpointId? resumedFrom) => _told.Add("prepared");
    public void Progress(RunProgress progress) => _told.Add($"progress {progress.Step} epoch {progress.Epoch}");
    public void Evaluated(EvaluationRow row, bool isBest) => _told.Add($"evaluated {row.Step}{(isBest ? " best" : "")}");
    public void Committed(CommittedCheckpoint checkpoint) => _told.Add($"committed {checkpoint.Id.Step}");
    public void Notice(string text) => _told.Add("notice");
    public void Completed(Experiment experiment, string digest) => _told.Add($"completed {digest}");
    public void Interrupted(StepNumber step, string command) => _told.Add($"interrupted {step}");
    public void Failed(string reason) => _told.Add("failed");
}
