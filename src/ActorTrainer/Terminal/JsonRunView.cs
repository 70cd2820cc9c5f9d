using System.Text.Json;
using ActorTrainer.Core;
using ActorTrainer.Core.Data;
using ActorTrainer.Core.Evaluation;
using ActorTrainer.Core.Experiments;
using ActorTrainer.Hosting;
using ActorTrainer.Journal;

namespace ActorTrainer.Terminal;

/// <summary>A JSON object a line on stdout for each event; progress once a second at most. Notices and errors are on stderr too, for a person.</summary>
internal sealed class JsonRunView(Screen screen, TimeProvider time) : IRunView
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);
    private readonly Lock _lock = new();
    private long? _last;

    public void Preparing(DataProgress progress)
    {
    }

    public void Prepared(ExperimentDefinition definition, CheckpointId? resumedFrom) => Write(new
    {
        Event = "prepared", definition.Name, definition.ConfigurationHash, definition.Steps, Epochs = definition.Phases.Sum(p => p.Epochs),
        Phases = definition.Phases.Select(p => p.Name), definition.Phases[^1].Classes, definition.Device, definition.LogicalShards, definition.Fingerprint,
        ResumedFrom = resumedFrom?.Step.Value,
    });

    public void Progress(RunProgress progress)
    {
        lock (_lock)
        {
            if (_last is { } last && time.GetElapsedTime(last) < Pause) return;
            _last = time.GetTimestamp();
        }

        Write(new
        {
            Event = "progress", progress.Phase, progress.Epoch, progress.Epochs, progress.Step, progress.Steps, progress.Loss, progress.Top1,
            Lr = progress.LearningRate, ImagesPerS = progress.ImagesPerSecond, SecondsLeft = progress.TimeLeft?.TotalSeconds,
            LoaderReady = progress.Loader?.Ready, LoaderWaitsFor = progress.Loader?.WaitsFor,
        });
    }

    /// <summary>All metrics, whichever are shown to a person: a program takes what it needs.</summary>
    public void Evaluated(EvaluationRow row, bool isBest)
    {
        var means = MacroScores.Of(row.Metrics.Confusion);
        Write(new
        {
            Event = "evaluated", row.Step, row.Phase, row.Epoch, row.Metrics.Samples, row.Metrics.Loss, row.Metrics.Top1, row.Metrics.Top5,
            means.Precision, means.Recall, means.F1, IsBest = isBest,
        });
    }

    public void Committed(CommittedCheckpoint checkpoint) => Write(new
    {
        Event = "committed", Checkpoint = checkpoint.Id, checkpoint.Id.Step, checkpoint.Id.Generation, checkpoint.Bytes, checkpoint.Sha256,
    });

    public void Notice(string text)
    {
        Write(new { Event = "notice", Text = text });
        screen.Say(text);
    }

    public void Completed(Experiment experiment, string digest) => Write(new
    {
        Event = "completed", experiment.Definition.Name, Step = experiment.Newest?.Id.Step, experiment.Generation,
        Best = RunOverview.BestOf(experiment), Test = RunOverview.TestOf(experiment), Digest = digest,
    });

    public void Interrupted(StepNumber step, string command)
    {
        Write(new { Event = "interrupted", Step = step, Command = command });
        foreach (string line in RunText.Interrupted(step, command)) screen.Say(line);
    }

    public void Failed(string reason)
    {
        Write(new { Event = "failed", Reason = reason });
        screen.Say($"Failed: {reason}");
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private void Write<T>(T line)
    {
        string json = JsonSerializer.Serialize(line, CoreJson.Readable);
        lock (_lock) screen.Result(json);
    }
}
