using System.Collections.Immutable;
using System.Diagnostics;
using ActorTrainer.Core.Serving;
using Akka.Actor;

namespace ActorTrainer.Actors.Serving;

/// <summary>Between a <see cref="PredictorActor"/> and its <see cref="InferenceActor"/>. Never leaves the process: it carries pixels.</summary>
public static class InferenceProtocol
{
    /// <summary>The first message. What opens the predictor holds its weights, so nobody keeps it. Answered by <see cref="Opened"/>.</summary>
    public sealed record OpenPredictor(Func<IPredictor> Open) : INoSerializationVerificationNeeded;

    /// <summary>To the parent: the weights are loaded and have answered once.</summary>
    public sealed record Opened : INoSerializationVerificationNeeded;

    /// <summary>Answered by <see cref="Inferred"/>.</summary>
    /// <param name="Trace">The batch's span; default: none.</param>
    public sealed record Infer(ImmutableArray<ReadOnlyMemory<byte>> Pictures, ActivityContext Trace = default) : INoSerializationVerificationNeeded;

    /// <param name="Logits">N x K row-major.</param>
    public sealed record Inferred(float[] Logits) : INoSerializationVerificationNeeded;
}
