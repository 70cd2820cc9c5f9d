using System.Runtime.Serialization;
using ActorTrainer.Core.Experiments;
using Akka.Actor;
using Akka.Serialization;

namespace ActorTrainer.Actors.Serialization;

/// <summary>The journal's rows: manifest and bytes as <see cref="ExperimentEventJson"/> has them, so that anyone with a reader for SQLite can read a run.</summary>
public sealed class ExperimentEventSerializer(ExtendedActorSystem system) : SerializerWithStringManifest(system)
{
    public override int Identifier => 7401;

    public override string Manifest(object o) => o is IExperimentEvent happened ? ExperimentEventJson.Manifest(happened) : throw Unknown(o.GetType().Name);

    public override byte[] ToBinary(object obj) => obj is IExperimentEvent happened ? ExperimentEventJson.Write(happened) : throw Unknown(obj.GetType().Name);

    public override object FromBinary(byte[] bytes, string manifest)
    {
        try
        {
            return ExperimentEventJson.Read(manifest, bytes);
        }
        catch (FormatException e)
        {
            throw new SerializationException(e.Message, e);
        }
    }

    private static SerializationException Unknown(string what) => new($"{what} is not an event of an experiment.");
}
