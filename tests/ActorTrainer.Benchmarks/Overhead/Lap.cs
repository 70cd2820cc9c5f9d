using System.Diagnostics;

namespace ActorTrainer.Benchmarks.Overhead;

/// <summary>A round's result.</summary>
/// <param name="Seconds">Median time of a step.</param>
/// <param name="CpuSeconds">Processor time of a step, of all threads of the process: what a busy machine does not distort.</param>
/// <param name="LastLoss">Of the last step: the loops do the same work where they end alike.</param>
internal sealed record Lap(double Seconds, double CpuSeconds, double LastLoss);

/// <summary>Takes the time at the end of each step.</summary>
internal sealed class Stopclock(Workload workload)
{
    private readonly long[] _ends = new long[workload.AllSteps];
    private int _steps;
    private TimeSpan _cpuFrom, _cpuTo;
    private double _loss;

    public void Step(double loss)
    {
        _ends[_steps++] = Stopwatch.GetTimestamp();
        _loss = loss;
        if (_steps == workload.WarmUp) _cpuFrom = Environment.CpuUsage.TotalTime;
        if (_steps == workload.AllSteps) _cpuTo = Environment.CpuUsage.TotalTime;
    }

    public Lap Lap()
    {
        if (_steps != workload.AllSteps) throw new InvalidOperationException($"{_steps} steps of {workload.AllSteps} were taken.");
        var steps = Enumerable.Range(workload.WarmUp, workload.Steps).Select(i => Stopwatch.GetElapsedTime(_ends[i - 1], _ends[i]).TotalSeconds);
        return new(Sample.Of(steps).Median, (_cpuTo - _cpuFrom).TotalSeconds / workload.Steps, _loss);
    }
}
