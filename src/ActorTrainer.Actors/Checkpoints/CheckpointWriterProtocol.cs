using System.Diagnostics;
using ActorTrainer.Actors.Serialization;
using ActorTrainer.Core.Checkpoints;
using ActorTrainer.Core.Experiments;
using ActorTrainer.Core.Training;
using Akka.Actor;

namespace ActorTrainer.Actors.Checkpoints;

/// <summary>What a <see cref="CheckpointWriterActor"/> understands, and what it says. It writes one at a time, beside its trainer.</summary>
public static class CheckpointWriterProtocol
{
    /// <summary>
    /// Write this (host copies that belong to the writer now). Answered to the sender and to the experiment by <see cref="CheckpointWritten"/>,
    /// or <see cref="CheckpointFailed"/> when tries are used up. Never two at once: the sender waits for the answer.
    /// </summary>
    /// <param name="Trace">The span that it is part of; default: none.</param>
    public sealed record WriteCheckpoint(CheckpointContent Content, StepDue Due, ActivityContext Trace = default) : INoSerializationVerificationNeeded;

    /// <summary>It is durable, and counts once the experiment has journalled it.</summary>
    public sealed record CheckpointWritten(StoredCheckpoint Stored, TrainingCursor Cursor, StepDue Due) : IWireMessage;

    public sealed record CheckpointFailed(CheckpointId Checkpoint, string Reason) : IWireMessage;
}
