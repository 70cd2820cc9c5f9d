namespace ActorTrainer.Actors.Training;

/// <summary>Images a second, step by step and smoothed, and when progress is worth saying again. For people: nothing is computed from it.</summary>
internal sealed class StepClock(TimeProvider time, TimeSpan progressEvery)
{
    private const double Smoothing = 0.1;
    private long _lastStep = time.GetTimestamp();
    private long _lastProgress;

    /// <summary>Exponentially smoothed.</summary>
    public double ImagesPerSecond { get; private set; }

    /// <summary>Counts a step; returns its own images a second, everything it waited for included.</summary>
    public double Step(int images)
    {
        long now = time.GetTimestamp();
        double seconds = time.GetElapsedTime(_lastStep, now).TotalSeconds, rate = seconds > 0 ? images / seconds : 0;
        _lastStep = now;
        ImagesPerSecond = ImagesPerSecond == 0 ? rate : ImagesPerSecond + Smoothing * (rate - ImagesPerSecond);
        return rate;
    }

    public bool IsProgressDue()
    {
        long now = time.GetTimestamp();
        if (_lastProgress != 0 && time.GetElapsedTime(_lastProgress, now) < progressEvery) return false;
        _lastProgress = now;
        return true;
    }
}
