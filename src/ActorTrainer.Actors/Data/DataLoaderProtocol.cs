using ActorTrainer.Core.Data;
using Akka.Actor;

namespace ActorTrainer.Actors.Data;

/// <summary>What a <see cref="DataLoaderActor"/> understands, and what it says to the one it loads for. All local: a loader lives beside its consumer.</summary>
public static class DataLoaderProtocol
{
    public interface ICommand : INoSerializationVerificationNeeded;

    public interface INotification : INoSerializationVerificationNeeded;

    /// <summary>
    /// Load this sequence from its beginning and forget any other: batches of an older <paramref name="Run"/> are returned to their pool, and
    /// credit starts at nothing. Sent by the consumer, which becomes the one that is answered.
    /// </summary>
    public sealed record StartLoading(int Run, IBatchSequence Sequence) : ICommand;

    /// <summary>Credit: the consumer can take this many more. Answered by as many <see cref="BatchReady"/>, in order, or one <see cref="LoadingFailed"/>.</summary>
    public sealed record RequestBatches(int Run, int Count) : ICommand;

    /// <summary>A batch, whose memory now belongs to the receiver.</summary>
    public sealed record BatchReady(int Run, HostBatch Batch) : INotification;

    /// <summary>The sequence has ended: no more batches will come, whatever the credit.</summary>
    public sealed record SequenceEnded(int Run) : INotification;

    /// <summary>The next batch can't be had. Nothing comes after it.</summary>
    public sealed record LoadingFailed(int Run, Exception Reason) : INotification;
}

/// <summary>Batches to load, one after the other, each with the source that has it. Pulled by one thread at a time.</summary>
public interface IBatchSequence
{
    /// <summary>The next batch, or null at the end.</summary>
    PlannedBatch? Next();
}

public readonly record struct PlannedBatch(IBatchSource Source, BatchRequest Request);
