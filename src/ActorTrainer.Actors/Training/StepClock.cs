using ActorTrainer.Core.Training;

namespace ActorTrainer.Actors.Training;

/// <summary>Images a second, step by step and smoothed, and when progress is worth saying again. For people: nothing is computed from it.</summary>
internal sealed class StepClock(TimeProvider time, TimeSpan progressEvery)
{
    private const double Smoothing = 0.1;
    private long _lastStep = time.GetTimestamp();
    private long _lastProgress;
    private TimeSpan _exchange, _save, _features, _featureDecode;

    /// <summary>Exponentially smoothed.</summary>
    public double ImagesPerSecond { get; private set; }

    /// <summary>Runs what belongs to the exchange of the step under way.</summary>
    public T Exchanging<T>(Func<T> act) => Timed(act, ref _exchange);

    /// <summary>Runs what belongs to a checkpoint; it counts for the step after.</summary>
    public T Saving<T>(Func<T> act) => Timed(act, ref _save);

    /// <summary>Runs what belongs to the forward pass of the step that comes next, and was done for many steps at once.</summary>
    /// <param name="decode">What loading its pictures took.</param>
    public T Computing<T>(Func<T> act, TimeSpan decode)
    {
        _featureDecode += decode;
        return Timed(act, ref _features);
    }

    /// <summary>Counts a step; returns its own images a second, everything it waited for included, and where the time since the one before went.</summary>
    public (double ImagesPerSecond, StepTimes Times) Step(int images, TimeSpan decode, ComputeTimes compute)
    {
        long now = time.GetTimestamp();
        double seconds = time.GetElapsedTime(_lastStep, now).TotalSeconds, rate = seconds > 0 ? images / seconds : 0;
        _lastStep = now;
        ImagesPerSecond = ImagesPerSecond == 0 ? rate : ImagesPerSecond + Smoothing * (rate - ImagesPerSecond);
        (decode, compute) = (decode + _featureDecode, compute with { Forward = compute.Forward + _features });
        double rest = (seconds * 1000) - (compute.Forward + compute.Backward + compute.Update + _exchange + _save).TotalMilliseconds;
        var times = new StepTimes(decode.TotalMilliseconds, Math.Max(0, rest), compute.Forward.TotalMilliseconds, compute.Backward.TotalMilliseconds,
            _exchange.TotalMilliseconds, compute.Update.TotalMilliseconds, _save.TotalMilliseconds).Rounded();
        _exchange = _save = _features = _featureDecode = default;
        return (rate, times);
    }

    private T Timed<T>(Func<T> act, ref TimeSpan sum)
    {
        long began = time.GetTimestamp();
        var result = act();
        sum += time.GetElapsedTime(began);
        return result;
    }

    public bool IsProgressDue()
    {
        long now = time.GetTimestamp();
        if (_lastProgress != 0 && time.GetElapsedTime(_lastProgress, now) < progressEvery) return false;
        _lastProgress = now;
        return true;
    }
}
