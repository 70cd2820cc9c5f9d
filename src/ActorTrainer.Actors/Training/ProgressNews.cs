using ActorTrainer.Core.Data;
using ActorTrainer.Core.Gradients;
using ActorTrainer.Core.Training;
using Akka.Event;
using static ActorTrainer.Actors.Training.TrainerProtocol;

namespace ActorTrainer.Actors.Training;

/// <summary>
/// Tells people how training goes, a few times a second. By one of the trainers of a generation, the owner of shard 0: all of them would say the same; of
/// features each tells its own.
/// </summary>
internal sealed class ProgressNews(StepClock clock, EventStream stream)
{
    private Team? _team;
    private (StepCoordinates At, StepResult Result, int Count) _last;

    public void Begin(Team team) => _team = team;

    /// <param name="images">Of the whole batch.</param>
    /// <param name="ready">Batches that are loaded and not used yet.</param>
    public void Stepped(StepCoordinates at, StepResult result, int images, int ready)
    {
        _last = (at, result, images);
        Tell(TrainerWait.Nothing, ready);
    }

    public void Waits(TrainerWait what, int ready)
    {
        if (_last.Count > 0) Tell(what, ready);
    }

    public void Computed(int phase, FeatureBlock block, int blocks)
    {
        if (clock.IsProgressDue()) stream.Publish(new FeaturesProgress(_team!.Generation, phase, block, blocks));
    }

    private void Tell(TrainerWait waiting, int ready)
    {
        if (clock.IsProgressDue() && _team is { Own.First: 0 } team)
            stream.Publish(new TrainingProgress(team.Generation, _last.At, _last.Result, _last.Count, clock.ImagesPerSecond, ready, waiting));
    }
}
