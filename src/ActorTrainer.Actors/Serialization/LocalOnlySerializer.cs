using System.Runtime.Serialization;
using Akka.Actor;
using Akka.Serialization;

namespace ActorTrainer.Actors.Serialization;

/// <summary>
/// Bound to what must never leave its process (batches, captured states): refuses, where Akka's default would
/// quietly ship the pixels as JSON.
/// </summary>
public sealed class LocalOnlySerializer(ExtendedActorSystem system) : Serializer(system)
{
    public override int Identifier => 7403;

    public override bool IncludeManifest => false;

    public override byte[] ToBinary(object obj) => throw new SerializationException($"{obj.GetType().FullName} stays in its process.");

    public override object FromBinary(byte[] bytes, Type type) => throw new SerializationException("What stays in its process can't have come over a wire.");
}
