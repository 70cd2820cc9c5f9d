using ActorTrainer.Core.Data;
using ActorTrainer.Core.Evaluation;
using ActorTrainer.Core.Experiments;
using ActorTrainer.Hosting;

namespace ActorTrainer.Terminal;

/// <summary>Lines for a file or a pipe: one an epoch, and in between one of progress every ten seconds at most.</summary>
internal sealed class PlainRunView(Screen screen, RunsFolder? runs, TimeProvider time) : IRunView
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(10);
    private readonly Lock _lock = new();
    private readonly EpochLines _epochs = new();
    private long _last = time.GetTimestamp();

    public void Preparing(DataProgress progress)
    {
        lock (_lock)
        {
            if (IsDue()) screen.Say($"{progress.Doing}: {Format.Count(progress.Done)} of {Format.Count(progress.Total)}");
        }
    }

    public void Prepared(ExperimentDefinition definition, CheckpointId? resumedFrom)
    {
        lock (_lock) _epochs.Of(definition);
        Say([RunText.Prepared(definition, resumedFrom, runs)]);
    }

    public void Progress(RunProgress progress)
    {
        lock (_lock)
        {
            foreach (string line in _epochs.Advance(progress)) Write(line);
            if (IsDue()) screen.Say(Line(progress));
        }
    }

    public void Evaluated(EvaluationRow row, bool isBest) => Say(_epochs.Evaluated(row, isBest));

    public void Committed(CommittedCheckpoint checkpoint)
    {
    }

    public void Notice(string text) => Say([text]);

    public void Completed(Experiment experiment, string digest)
    {
        Say(_epochs.Finish());
        foreach (string line in RunText.Completed(experiment, digest, runs)) screen.Result(line);
    }

    public void Interrupted(StepNumber step, string command) => Say([.. _epochs.Finish(), .. RunText.Interrupted(step, command)]);

    public void Failed(string reason) => Say([.. _epochs.Finish(), $"Failed: {reason}"]);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private void Say(IEnumerable<string> lines)
    {
        lock (_lock)
        {
            foreach (string line in lines) Write(line);
        }
    }

    private void Write(string line)
    {
        screen.Say(line);
        _last = time.GetTimestamp();
    }

    private bool IsDue()
    {
        if (time.GetElapsedTime(_last) < Pause) return false;
        _last = time.GetTimestamp();
        return true;
    }

    private static string Line(RunProgress p) =>
        $"  step {Format.Count(p.Step.Value)}/{Format.Count(p.Steps)}  loss {Format.Loss(p.Loss)}  {Format.ImagesPerSecond(p.ImagesPerSecond)}"
        + (p.TimeLeft is { } left ? $"  {Format.Duration(left)} left" : "");
}
