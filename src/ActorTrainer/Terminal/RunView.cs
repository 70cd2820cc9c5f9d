using ActorTrainer.Core.Experiments;
using ActorTrainer.Hosting;

namespace ActorTrainer.Terminal;

/// <summary>Shows a run to whoever is there: a program, a terminal, or a file that stderr goes to.</summary>
internal static class RunView
{
    /// <param name="runs">Where the runs are; null: at a cluster.</param>
    public static IRunView Open(Screen screen, bool json, RunsFolder? runs, TimeProvider time) =>
        json ? new JsonRunView(screen, time)
        : screen.IsLive ? new LiveRunView(screen, runs, time)
        : new PlainRunView(screen, runs, time);
}

/// <summary>An observer that holds a part of the screen until it is disposed.</summary>
internal interface IRunView : IRunObserver, IAsyncDisposable;

/// <summary>What is said in words, the same on a terminal and in a file.</summary>
internal static class RunText
{
    public static string Prepared(ExperimentDefinition definition, CheckpointId? resumedFrom, RunsFolder? runs)
    {
        string what = $"{definition.Name}: {Format.Count(definition.Phases.Sum(p => p.Epochs), "epoch")}, {Format.Count(definition.Steps, "step")}, "
            + $"{Format.Count(definition.Phases[^1].Train.Samples, "training sample")}, {Format.Count(definition.Phases[^1].Classes.Length)} classes";
        return resumedFrom is { } from
            ? $"{what}; goes on from step {Format.Count(from.Step.Value)}"
            : runs is null ? what : $"{what}; in {runs[definition.Name].Path}";
    }

    /// <summary>The result, in lines: what it reached, where it is, and what to do next.</summary>
    public static IEnumerable<string> Completed(Experiment run, string digest, RunsFolder? runs)
    {
        var name = run.Definition.Name;
        if (run.Test is { } test)
            yield return $"test top-1 {Format.Fraction(test.Metrics.Top1)}  top-5 {Format.Fraction(test.Metrics.Top5)}  loss {Format.Loss(test.Metrics.Loss)}  ({Format.Count(test.Metrics.Samples, "sample")})";
        if (run.BestStep is { } best)
        {
            yield return run.Evaluations.FirstOrDefault(row => row.Step == best) is { } row
                ? $"best step {best}  val top-1 {Format.Fraction(row.Metrics.Top1)}"
                : $"best step {best}  (the last; no validation set)";
        }

        yield return $"digest    {digest}";
        if (runs is null) yield break;
        yield return $"model     {(run.Best ?? run.Newest) switch
        {
            { } c when runs.PlaceOf(run.Definition) is { } elsewhere => $"{elsewhere.Below(c.Id.ToString())}",
            { } c => Path.Combine(runs[name].CheckpointFolder, c.Id.ToString()),
            null => runs[name].Path,
        }}";
        yield return $"next      actortrainer predict {name} PATH";
    }

    public static IEnumerable<string> Interrupted(StepNumber step, string command) =>
        [$"Stopped; everything up to step {Format.Count(step.Value)} is saved. To go on:", "  " + command];
}
