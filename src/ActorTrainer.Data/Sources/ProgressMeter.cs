using ActorTrainer.Core.Data;

namespace ActorTrainer.Data.Sources;

/// <summary>Counts what many threads have done and reports it in order, about a hundred times in all.</summary>
internal sealed class ProgressMeter(IProgress<DataProgress>? progress, long total, string doing)
{
    private readonly Lock _reporting = new();
    private readonly long _every = Math.Max(total / 100, 1);
    private long _done;

    public void Step()
    {
        if (progress is null) return;
        lock (_reporting)
        {
            _done++;
            if (_done % _every == 0 || _done == total) progress.Report(new(_done, total, doing));
        }
    }
}
