using System.Collections.Immutable;
using System.Diagnostics;
using Akka.Actor;

namespace ActorTrainer.Actors.Serving;

/// <summary>What a <see cref="PredictorActor"/> understands, and what it says. Never leaves the process: it carries pixels.</summary>
public static class PredictorProtocol
{
    /// <summary>Answered by <see cref="Predicted"/>, <see cref="PredictionRefused"/>, <see cref="PredictionExpired"/> or <see cref="PredictionFailed"/>.</summary>
    /// <param name="Pictures">H x W x C pixels each, before the model's normalisation; at least one.</param>
    /// <param name="Patience">How long it may wait for its turn.</param>
    /// <param name="Trace">The request's span; default: none.</param>
    public sealed record Predict(ImmutableArray<ReadOnlyMemory<byte>> Pictures, TimeSpan Patience, ActivityContext Trace = default) : INoSerializationVerificationNeeded;

    /// <param name="Logits">N x K row-major, in the order of the pictures.</param>
    public sealed record Predicted(float[] Logits) : INoSerializationVerificationNeeded;

    /// <summary>Too much waits already.</summary>
    public sealed record PredictionRefused : INoSerializationVerificationNeeded;

    /// <summary>Its patience ended before its turn came.</summary>
    public sealed record PredictionExpired : INoSerializationVerificationNeeded;

    /// <summary>The model could not be loaded, or broke down.</summary>
    public sealed record PredictionFailed(string Reason) : INoSerializationVerificationNeeded;

    /// <summary>From its parent: nobody is sent to it any more. It answers what it has and what is on the way, and stops.</summary>
    public sealed record RetirePredictor : INoSerializationVerificationNeeded;

    /// <summary>To the parent: it answers without a wait from now on.</summary>
    public sealed record PredictorReady : INoSerializationVerificationNeeded;

    /// <summary>To the parent: it has stopped.</summary>
    public sealed record PredictorBroken(string Reason) : INoSerializationVerificationNeeded;
}
