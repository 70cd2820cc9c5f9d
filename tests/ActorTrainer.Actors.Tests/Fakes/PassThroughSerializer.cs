using System.Collections.Concurrent;
using Akka.Actor;
using Akka.Serialization;

namespace ActorTrainer.Actors.Tests.Fakes;

/// <summary>
/// For Akka.Persistence's own messages between a persistent actor and its journal, which never leave a process but are not marked so: hands the
/// object over as it is. What they carry is serialised for real elsewhere.
/// </summary>
public sealed class PassThroughSerializer(ExtendedActorSystem system) : Serializer(system)
{
    private static readonly ConcurrentDictionary<Guid, object> Objects = new();

    public override int Identifier => 7999;

    public override bool IncludeManifest => false;

    public override byte[] ToBinary(object obj)
    {
        var key = Guid.NewGuid();
        Objects[key] = obj;
        return key.ToByteArray();
    }

    public override object FromBinary(byte[] bytes, Type type) => Objects.TryRemove(new Guid(bytes), out object? obj) ? obj : throw new InvalidOperationException("read twice");
}
