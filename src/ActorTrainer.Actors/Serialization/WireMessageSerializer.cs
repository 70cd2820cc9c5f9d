using System.Runtime.Serialization;
using System.Text.Json;
using ActorTrainer.Core;
using Akka.Actor;
using Akka.Serialization;

namespace ActorTrainer.Actors.Serialization;

/// <summary>Control messages by a closed table of names: nothing is ever made from a type name that came over a wire.</summary>
public sealed class WireMessageSerializer(ExtendedActorSystem system) : SerializerWithStringManifest(system)
{
    public override int Identifier => 7402;

    /// <summary>Every message that can cross; a test holds it against the assembly.</summary>
    internal static IEnumerable<Type> Known => WireMessages.Known;

    public override string Manifest(object o) =>
        WireMessages.NameOf(o.GetType()) ?? throw new SerializationException($"{o.GetType().Name} has no name on the wire.");

    public override byte[] ToBinary(object obj) => JsonSerializer.SerializeToUtf8Bytes(obj, obj.GetType(), CoreJson.Options);

    public override object FromBinary(byte[] bytes, string manifest)
    {
        if (WireMessages.TypeOf(manifest) is not { } type) throw new SerializationException($"There is no message '{manifest}'.");
        try
        {
            return JsonSerializer.Deserialize(bytes, type, CoreJson.Options) ?? throw new SerializationException($"A message '{manifest}' is null.");
        }
        catch (JsonException e)
        {
            throw new SerializationException($"A message '{manifest}' can't be read: {e.Message}", e);
        }
    }
}
