using ActorTrainer.Core.Experiments;
using ActorTrainer.Hosting;
using ActorTrainer.Transport;

namespace ActorTrainer.Journal;

/// <summary>Follows a run of another process by what it leaves on disk, and tells an observer what that process tells its own.</summary>
internal sealed class RunFollower(RunsFolder runs, ExperimentName name, IRunObserver observer, TimeProvider time)
{
    private readonly RunFeed _feed = new(runs, name);
    private readonly RunNarrator _narrator = new(observer, time, "actortrainer run FILE");
    private int _saidGone;      // the generation whose trainers are known to be gone

    /// <summary>Tells what is new; null while it goes on.</summary>
    public RunEnd? Look()
    {
        var end = _narrator.Tell(_feed.Next());
        if (_narrator.Run is not { } run) throw _feed.Gone();
        if (end is null && run.Status is ExperimentStatus.Running or ExperimentStatus.Evaluating) SayIfGone(run);
        return end;
    }

    private void SayIfGone(Experiment run)
    {
        if (_saidGone == run.Generation.Value || RunOverview.IsOfCluster(run) || RunLock.HolderOf(runs[name]) is not null) return;
        _saidGone = run.Generation.Value;
        observer.Notice($"No process trains '{name}' now. Start its command again and it goes on; this waits for it (Ctrl-C ends the watching).");
    }
}
