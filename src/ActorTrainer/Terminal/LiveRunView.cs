using ActorTrainer.Core.Data;
using ActorTrainer.Core.Evaluation;
using ActorTrainer.Core.Experiments;
using ActorTrainer.Hosting;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace ActorTrainer.Terminal;

/// <summary>
/// A terminal: two lines that move at the bottom, and above them a line an epoch that stays. The moving part is redrawn five times a second at most,
/// however fast the steps are.
/// </summary>
internal sealed class LiveRunView : IRunView
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);
    private readonly Lock _lock = new();
    private readonly Screen _screen;
    private readonly RunsFolder? _runs;
    private readonly TimeProvider _time;
    private readonly EpochLines _epochs = new();
    private readonly TaskCompletionSource _finished = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Task _display;
    private LiveDisplayContext? _live;
    private long? _drawn;

    public LiveRunView(Screen screen, RunsFolder? runs, TimeProvider time)
    {
        (_screen, _runs, _time) = (screen, runs, time);
        _display = screen.Error.Live(Text.Empty).AutoClear(true).StartAsync(context =>
        {
            _live = context;
            return _finished.Task;
        });
    }

    public void Preparing(DataProgress progress)
    {
        lock (_lock) Draw(() => Line($"{progress.Doing}: {Format.Count(progress.Done)} of {Format.Count(progress.Total)}"));
    }

    public void Prepared(ExperimentDefinition definition, CheckpointId? resumedFrom)
    {
        lock (_lock) _epochs.Of(definition);
        Say([RunText.Prepared(definition, resumedFrom, _runs)]);
    }

    public void Progress(RunProgress progress)
    {
        lock (_lock)
        {
            foreach (string line in _epochs.Advance(progress)) _screen.Error.WriteLine(line);
            Draw(() => Picture(progress, _screen.Error.Profile));
        }
    }

    public void Evaluated(EvaluationRow row, bool isBest)
    {
        lock (_lock)
        {
            foreach (string line in _epochs.Evaluated(row, isBest)) _screen.Error.WriteLine(line);
        }
    }

    public void Committed(CommittedCheckpoint checkpoint)
    {
    }

    public void Notice(string text) => Say([text]);

    public void Completed(Experiment experiment, string digest)
    {
        Close();
        foreach (string line in RunText.Completed(experiment, digest, _runs)) _screen.Result(line);
    }

    public void Interrupted(StepNumber step, string command)
    {
        Close();
        Say(RunText.Interrupted(step, command));
    }

    public void Failed(string reason)
    {
        Close();
        Say([$"Failed: {reason}"]);
    }

    public ValueTask DisposeAsync()
    {
        Close();
        return ValueTask.CompletedTask;
    }

    /// <summary>Takes the moving part away; the epochs that still wait for their evaluation are said. Harmless when done before.</summary>
    private void Close()
    {
        lock (_lock)
        {
            if (_live is null) return;
            _live = null;
            _finished.TrySetResult();
            _display.GetAwaiter().GetResult();
            foreach (string line in _epochs.Finish()) _screen.Error.WriteLine(line);
        }
    }

    private void Say(IEnumerable<string> lines)
    {
        lock (_lock)
        {
            foreach (string line in lines) _screen.Error.WriteLine(line);
        }
    }

    private void Draw(Func<IRenderable> picture)
    {
        if (_live is null || _drawn is { } last && _time.GetElapsedTime(last) < Pause) return;
        _drawn = _time.GetTimestamp();
        _live.UpdateTarget(picture());
    }

    internal static IRenderable Picture(RunProgress p, Profile profile)
    {
        string phase = p.Phases > 1 ? $"{p.Phase} ({p.PhaseIndex + 1}/{p.Phases})  " : "";
        string left = p.TimeLeft is { } time ? $"  {Format.Duration(time)} left" : "";
        string head = $"{phase}epoch {p.Epoch}/{p.Epochs}  ", tail = $"  step {Format.Count(p.Step.Value)}/{Format.Count(p.Steps)}{left}";
        int width = Math.Clamp(profile.Width - head.Length - tail.Length - 1, 0, 40);
        int done = p.Steps <= 0 ? 0 : (int)Math.Clamp(width * p.Step.Value / p.Steps, 0, width);
        char mark = profile.Capabilities.Unicode ? '\u2501' : '=';
        var bar = new Paragraph(head).Append(new string(mark, done), new Style(Color.Green)).Append(new string(mark, width - done), new Style(Color.Grey)).Append(tail);
        bar.Overflow = Overflow.Ellipsis;
        string loader = p.Loader switch
        {
            { WaitsFor: { } waits } => $"  loader waits for {waits}",
            { } state => $"  loader {state.Ready}/{state.Capacity} ready",
            null => "",
        };
        return new Rows(bar, Line($"loss {Format.Loss(p.Loss)}  top-1 {Format.Fraction(p.Top1)}  lr {Format.Rate(p.LearningRate)}  {Format.ImagesPerSecond(p.ImagesPerSecond)}{loader}"));
    }

    private static Text Line(string text) => new(text, new Style(decoration: Decoration.Dim)) { Overflow = Overflow.Ellipsis };
}
