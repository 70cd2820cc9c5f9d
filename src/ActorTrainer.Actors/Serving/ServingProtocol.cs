using ActorTrainer.Core.Registry;
using Akka.Actor;

namespace ActorTrainer.Actors.Serving;

/// <summary>What the <see cref="ServingActor"/> of a process understands. Never leaves it: the requests that follow carry pixels.</summary>
public static class ServingProtocol
{
    /// <summary>Who answers for this version? Loads it where it is not loaded. Answered by <see cref="PredictorFound"/> or <see cref="PredictorMissing"/>.</summary>
    /// <param name="Exactly">No other version of the model will do while this one loads.</param>
    public sealed record FindPredictor(ModelVersionId Version, bool Exactly) : INoSerializationVerificationNeeded;

    /// <param name="Version">What the pictures are to be decoded for.</param>
    /// <param name="Predictor">A <see cref="PredictorActor"/>; good for a request that is sent soon.</param>
    /// <param name="IsReady">It answers at once; else while its time lasts.</param>
    public sealed record PredictorFound(ModelVersionId Version, IActorRef Predictor, bool IsReady) : INoSerializationVerificationNeeded;

    /// <param name="Reason">For a person.</param>
    public sealed record PredictorMissing(string Reason) : INoSerializationVerificationNeeded;

    /// <summary>Load it, and answer when it is ready: <see cref="VersionPrepared"/>, or <see cref="PredictorMissing"/>.</summary>
    public sealed record PrepareVersion(ModelVersionId Version) : INoSerializationVerificationNeeded;

    public sealed record VersionPrepared(ModelVersionId Version) : INoSerializationVerificationNeeded;
}
