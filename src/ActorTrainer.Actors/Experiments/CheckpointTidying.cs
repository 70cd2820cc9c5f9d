using ActorTrainer.Core.Checkpoints;
using ActorTrainer.Core.Experiments;
using Akka.Event;

namespace ActorTrainer.Actors.Experiments;

/// <summary>Removes checkpoints that are retired and what unfinished writes left: off its owner's thread, one thing after the other. What can't be removed now is removed at the next start.</summary>
internal sealed class CheckpointTidying(ICheckpointStore store, ILoggingAdapter log)
{
    /// <summary>Completes when everything so far is gone, or was refused; never fails. An experiment's end waits for it, so that nothing retired is left behind.</summary>
    public Task WhenDone { get; private set; } = Task.CompletedTask;

    public void Delete(CheckpointId id) => Tidy(() => store.Delete(id), $"Checkpoint {id} could not be deleted");

    public void Sweep(Generation before) => Tidy(() => store.Sweep(before), "What unfinished writes left could not be removed");

    private void Tidy(Action act, string failure) => WhenDone = WhenDone.ContinueWith(_ =>
    {
        try
        {
            act();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            log.Warning("{Failure}, the next start tries again: {Reason}", failure, e.Message);
        }
    }, TaskScheduler.Default);
}
