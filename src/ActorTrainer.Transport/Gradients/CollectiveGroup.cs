using System.Collections.Immutable;
using ActorTrainer.Core.Experiments;
using ActorTrainer.Core.Gradients;
using ActorTrainer.Core.Models;

namespace ActorTrainer.Transport.Gradients;

/// <summary>One trainer of a group: the shards that it owns and where it can be reached.</summary>
public sealed record CollectiveMember(ShardRange Own, CollectiveEndpoint Endpoint);

/// <summary>
/// One generation's trainers, as every one of them was told. Who says something else in the handshake is refused, so all that must be the same on
/// every trainer before a step is in here.
/// </summary>
/// <param name="Start">The step whose state training goes on from.</param>
/// <param name="StateHash">Of that state; see <see cref="Core.Training.StateHash"/>.</param>
/// <param name="Fingerprint">Of the numerics: devices that compute other bits can't train together.</param>
/// <param name="Members">By rank; their shards follow each other from 0 to <paramref name="LogicalShards"/>.</param>
/// <param name="Rank">This trainer's.</param>
/// <param name="Element">Of the gradients: float32, float64 or bfloat16.</param>
/// <param name="Key">Shared by the cluster's nodes and nobody else.</param>
public sealed record CollectiveGroup(
    ExperimentName Experiment, Generation Generation, StepNumber Start, string StateHash, string ConfigurationHash, string Fingerprint,
    ImmutableArray<CollectiveMember> Members, int Rank, int LogicalShards, TensorType Element, ReadOnlyMemory<byte> Key)
{
    public const int MaxMembers = 1024;

    /// <summary>Whether bytes travel between hosts, or at least through TCP; a function of the members, so all say the same.</summary>
    internal bool IsFar => Members.Any(member => member.Endpoint.LocalName is null || member.Endpoint.HostId != Members[0].Endpoint.HostId);

    /// <summary>Of the statistics behind the gradients: in the master precision.</summary>
    internal TensorType Statistic => Element == TensorType.BFloat16 ? TensorType.Float32 : Element;

    /// <summary>Throws where the members are no partition of the shards, or this trainer is none of them.</summary>
    internal void Verify()
    {
        _ = new ShardLayout(LogicalShards);
        if (Members.Length is 0 or > MaxMembers) throw new ArgumentException($"{Members.Length} trainers: 1 to {MaxMembers} can form a group.");
        if (Rank < 0 || Rank >= Members.Length) throw new ArgumentException($"Rank {Rank} is none of {Members.Length} trainers.");
        if (Element is not (TensorType.Float32 or TensorType.Float64 or TensorType.BFloat16)) throw new ArgumentException($"Gradients are float32, float64 or bfloat16, not {Element.TorchName()}.");
        if (Key.IsEmpty) throw new ArgumentException("A group needs a key.");
        int at = 0;
        foreach (var (own, _) in Members)
        {
            if (own.First != at || own.Count < 1) throw new ArgumentException($"Shards {own.First} to {own.End} do not follow shard {at}.");
            at = own.End;
        }

        if (at != LogicalShards) throw new ArgumentException($"The trainers own {at} of {LogicalShards} shards.");
    }
}
