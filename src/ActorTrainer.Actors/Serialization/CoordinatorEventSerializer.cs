using System.Runtime.Serialization;
using ActorTrainer.Core.Experiments.Placement;
using Akka.Actor;
using Akka.Serialization;

namespace ActorTrainer.Actors.Serialization;

/// <summary>The coordinator's rows in the journal: manifest and bytes as <see cref="CoordinatorEvents"/> has them.</summary>
public sealed class CoordinatorEventSerializer(ExtendedActorSystem system) : SerializerWithStringManifest(system)
{
    public override int Identifier => 7404;

    public override string Manifest(object o) => o is ICoordinatorEvent happened ? CoordinatorEvents.Manifest(happened) : throw Unknown(o.GetType().Name);

    public override byte[] ToBinary(object obj) => obj is ICoordinatorEvent happened ? CoordinatorEvents.Write(happened) : throw Unknown(obj.GetType().Name);

    public override object FromBinary(byte[] bytes, string manifest)
    {
        try
        {
            return CoordinatorEvents.Read(manifest, bytes);
        }
        catch (FormatException e)
        {
            throw new SerializationException(e.Message, e);
        }
    }

    private static SerializationException Unknown(string what) => new($"{what} is not an event of a coordinator.");
}
