using ActorTrainer.Actors.Training;
using ActorTrainer.Core.Evaluation;
using ActorTrainer.Core.Experiments;
using Akka.Actor;

namespace ActorTrainer.Actors.Experiments;

/// <summary>
/// Which trainers wait for a verdict of early stopping, and what it is once every evaluation that it rests on is journalled. Each trainer asks for itself, and
/// again where no answer came.
/// </summary>
/// <param name="judge">Null: nothing stops early, and nobody asks.</param>
internal sealed class VerdictDesk(EarlyStoppingJudge? judge)
{
    private readonly List<(TrainerProtocol.VerdictNeeded Needed, IActorRef Trainer)> _waiting = [];

    /// <summary>Another generation: its trainers ask anew.</summary>
    public void Clear() => _waiting.Clear();

    public void Add(TrainerProtocol.VerdictNeeded needed, IActorRef trainer)
    {
        if (!_waiting.Contains((needed, trainer))) _waiting.Add((needed, trainer));
    }

    /// <summary>The verdict that is waited for; null: nobody waits, or an evaluation is missing.</summary>
    public TrainerProtocol.VerdictReached? Decide(Experiment state) =>
        _waiting is [var (wanted, _), ..] && judge?.Decide(state, wanted.Phase, wanted.EpochsDone, wanted.EpochsInPhase) is { } decision
            ? new(wanted.Phase, wanted.EpochsDone, decision == StoppingVerdict.Stop)
            : null;

    /// <summary>Those who waited for it; they wait no more.</summary>
    public IReadOnlyList<IActorRef> Take(TrainerProtocol.VerdictReached verdict)
    {
        var answered = _waiting.FindAll(waiting => (waiting.Needed.Phase, waiting.Needed.EpochsDone) == (verdict.Phase, verdict.EpochsDone));
        _waiting.RemoveAll(answered.Contains);
        return [.. answered.Select(waiting => waiting.Trainer)];
    }
}
