using ActorTrainer.Core.Experiments;
using ActorTrainer.Core.Experiments.Placement;
using ActorTrainer.Core.Gradients;

namespace ActorTrainer.Core.Training;

/// <summary>
/// What a trainer does next, through its generations: where training stands, everything that can hold the next step back, and how it ends. It is told what
/// has come and what was done, and computes nothing itself. Single-threaded.
/// <code>
///   in this order     a checkpoint that is due and waits for the write before     Write | Wait
///                     an ending, whose checkpoint is written                      Rest, then Finish | Stop
///                     a phase that early stopping has ended                       EndPhase
///                     no steps are left                                           (ending)
///                     a verdict that is not there                                 AskVerdict, then Wait | (ending)
///                     a phase that the state has not crossed to                   EnterPhase
///                     features that are missing                                   ComputeFeatures
///                     a batch                                                     Wait | Step
/// </code>
/// A checkpoint that becomes due is answered at once, by what makes it due: whatever comes next, it is not lost.
/// </summary>
public sealed class TrainingAgenda(TrainingPlan plan)
{
    private static readonly StepDue PhaseEnd = new(EpochEnd: true, PhaseEnd: true, Evaluation: true, Checkpoint: true);

    private readonly CheckpointTurns _turns = new();
    private readonly VerdictTurns _verdicts = new(plan);
    private Generation _generation;
    private Ending _ending;
    private int _phase;
    private bool _phaseStopped;

    private enum Ending { No, Stopped, Finished }

    /// <summary>Where the state stands.</summary>
    public TrainingCursor Cursor { get; private set; }

    /// <summary>The greatest that was heard in this generation.</summary>
    public StepRequest Request { get; private set; }

    /// <summary>The phase that the state is in, where the next step is one of it; null: it has to cross first, or there is none.</summary>
    public int? Phase => _phase == Cursor.Phase && !plan.IsFinished(Cursor) ? _phase : null;

    /// <summary>Whether no further step is taken in this generation.</summary>
    public bool IsEnding => _ending != Ending.No;

    /// <summary>Whether a checkpoint is being written; it may be an older generation's.</summary>
    public bool IsWriting => _turns.IsWriting;

    private CheckpointId Here => new(_generation, Cursor.Step);

    /// <summary>A state was taken, a checkpoint's or a peer's; it is in the phase of its cursor.</summary>
    public void StateTaken(TrainingCursor at) => (Cursor, _phase) = (at, at.Phase);

    /// <summary>A generation begins with the state that stands.</summary>
    /// <param name="writes">This trainer owns shard 0, and so writes the checkpoints.</param>
    /// <returns>From memory: the checkpoint that was due at this step. Who wrote it may have died of it.</returns>
    public TrainingDeed.Write? Begin(Generation generation, bool writes, GenerationStart start)
    {
        (_generation, _ending, _phaseStopped, Request) = (generation, Ending.No, false, StepRequest.None);
        _verdicts.Begin();
        _turns.Begin(writes, start.Source);
        if (!start.IsLive) return null;
        var due = plan.DueAt(Cursor);
        return due.Checkpoint ? Turn(due) : null;
    }

    /// <param name="lacksFeatures">Whether there is a block to compute before a step that takes this variant.</param>
    public TrainingDeed Next(Predicate<int> lacksFeatures, bool hasBatch)
    {
        if (_turns.Waiting is { } due)
        {
            if (Turn(due) is { } write) return write;
            if (_turns.Waiting is not null) return new TrainingDeed.Wait(TrainerWait.CheckpointWrite);
        }

        if (IsEnding) return End();
        if (_phaseStopped) return EndPhase();
        if (plan.IsFinished(Cursor)) return EndHere(Ending.Finished) ?? Next(lacksFeatures, hasBatch);
        if (_verdicts.IsMissing(Cursor, out bool isNew))
        {
            if (isNew) return AskVerdict();
            if (Request < StepRequest.CheckpointAndRegroup) return new TrainingDeed.Wait(TrainerWait.Verdict);
            // No step comes in which a request could ride: all stop here.
            return EndHere(Ending.Stopped) ?? Next(lacksFeatures, hasBatch);
        }

        if (_phase != Cursor.Phase) return new TrainingDeed.EnterPhase(Cursor);
        if (plan.VariantAt(Cursor) is { } variant && lacksFeatures(variant)) return new TrainingDeed.ComputeFeatures(variant);
        return hasBatch ? new TrainingDeed.Step(Cursor) : new TrainingDeed.Wait(TrainerWait.Batch);
    }

    public void PhaseEntered() => _phase = Cursor.Phase;

    /// <summary>The step was applied.</summary>
    /// <param name="request">What the exchange says that anybody wants after it.</param>
    /// <returns>Whether it was its epoch's last, and the checkpoint that is due.</returns>
    public (bool IsEpochEnd, TrainingDeed.Write? Due) Stepped(StepRequest request)
    {
        var due = plan.After(Cursor);
        (Cursor, Request) = (plan.Advance(Cursor), request);
        if (request >= StepRequest.CheckpointAndRegroup) _ending = Ending.Stopped;
        return (due.EpochEnd, _turns.Wants(due) || IsEnding ? Turn(due) : null);
    }

    /// <summary>All trainers have heard each other between two steps.</summary>
    /// <param name="request">What anybody wants: it is done here.</param>
    /// <returns>The last checkpoint.</returns>
    public TrainingDeed.Write? Agreed(StepRequest request)
    {
        Request = request;
        return request >= StepRequest.CheckpointAndRegroup ? EndHere(Ending.Stopped) : null;
    }

    /// <summary>It rides in the next exchange. False: as much is asked for already.</summary>
    public bool Ask(StepRequest request)
    {
        if (request <= Request) return false;
        Request = request;
        return true;
    }

    /// <summary>Whether this verdict is still to come.</summary>
    public bool Awaits(int phase, int epochsDone) => _verdicts.IsWanted(phase, epochsDone);

    /// <summary>A verdict has come. One that nobody waits for changes nothing.</summary>
    /// <returns>
    /// The phase's last checkpoint, where it ends. It is always evaluated, and at the cursor as it stands: whoever resumes from it asks for the verdict again.
    /// </returns>
    public TrainingDeed.Write? Judged(int phase, int epochsDone, bool stop)
    {
        if (!_verdicts.Take(phase, epochsDone) || !stop) return null;
        _phaseStopped = true;
        return Turn(PhaseEnd);
    }

    /// <summary>Write none that is only for going on from, or do so again.</summary>
    public void HoldCheckpoints(bool held) => _turns.Hold(held);

    /// <summary>A checkpoint's state is captured and on its way.</summary>
    public void WriteBegun(CheckpointId checkpoint) => _turns.Begun(checkpoint);

    /// <summary>It is durable.</summary>
    public void Written(CheckpointId checkpoint) => _turns.Written(checkpoint, _generation);

    public void WriteFailed() => _turns.Failed();

    /// <summary>Null: it is not this trainer's to write, is written, or waits.</summary>
    private TrainingDeed.Write? Turn(StepDue due) => _turns.Ask(Here, due) == CheckpointTurn.Write ? new(Here, due) : null;

    private TrainingDeed.Write? EndHere(Ending ending)
    {
        _ending = ending;
        return Turn(default);
    }

    private TrainingDeed End()
    {
        if (IsWriting) return new TrainingDeed.Rest();
        return _ending == Ending.Finished ? new TrainingDeed.Finish(Cursor.Step) : new TrainingDeed.Stop(Cursor.Step, Request);
    }

    private TrainingDeed.EndPhase EndPhase()
    {
        _phaseStopped = false;
        return new(Cursor = plan.EndPhase(Cursor));
    }

    private TrainingDeed.AskVerdict AskVerdict()
    {
        int epochsDone = plan.EpochsDone(Cursor);
        return new(Cursor.Phase, epochsDone, epochsDone - Cursor.EpochsBefore);
    }
}
