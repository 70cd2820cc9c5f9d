using System.Diagnostics;

namespace ActorTrainer.Benchmarks;

/// <summary>A round's result.</summary>
/// <param name="Seconds">Median time of a step.</param>
/// <param name="MeanSeconds">Mean time of a step: what an epoch is made of.</param>
/// <param name="CpuSeconds">Processor time of a step, of all threads of the process: what a busy machine does not distort.</param>
/// <param name="SecondLoss">Of the second step, which has one update behind it: the loops do the same work where it is alike. (Later ones drift apart in fp32:
/// at 64 x 64 pixels rounding alone moves ResNet-18's loss by a percent within six steps.)</param>
internal sealed record Lap(double Seconds, double MeanSeconds, double CpuSeconds, double SecondLoss);

/// <summary>Takes the time at the end of each step.</summary>
internal sealed class Stopclock(Workload workload)
{
    private readonly long[] _ends = new long[workload.AllSteps];
    private int _steps;
    private TimeSpan _cpuFrom, _cpuTo;
    private double _secondLoss;

    public void Step(double loss)
    {
        _ends[_steps++] = Stopwatch.GetTimestamp();
        if (_steps == 2) _secondLoss = loss;
        if (_steps == workload.WarmUp) _cpuFrom = Environment.CpuUsage.TotalTime;
        if (_steps == workload.AllSteps) _cpuTo = Environment.CpuUsage.TotalTime;
    }

    public Lap Lap()
    {
        if (_steps != workload.AllSteps) throw new InvalidOperationException($"{_steps} steps of {workload.AllSteps} were taken.");
        var steps = Enumerable.Range(workload.WarmUp, workload.Steps).Select(i => Stopwatch.GetElapsedTime(_ends[i - 1], _ends[i]).TotalSeconds);
        return new(Sample.Of(steps).Median, Stopwatch.GetElapsedTime(_ends[workload.WarmUp - 1], _ends[^1]).TotalSeconds / workload.Steps, (_cpuTo - _cpuFrom).TotalSeconds / workload.Steps, _secondLoss);
    }
}
