using static TorchSharp.torch;

namespace ActorTrainer.Torch.Gradients;

/// <summary>What some shards add up to, and the memory that it stands in; all those of a tree are of one kind. A part of it, where one is named, else all.</summary>
internal interface IShardSum : IDisposable
{
    /// <summary>Of the bytes that are handed out, where statistics of another type follow; see <see cref="Core.Gradients.GradientSum.GradientBytes"/>.</summary>
    int? GradientBytes { get; }

    /// <summary>Becomes what one shard has left in the work vector.</summary>
    void Take(FlatVector work, FlatPart? part = null);

    /// <summary>this += <paramref name="right"/>: one node of the tree.</summary>
    void Add(IShardSum right, FlatPart? part = null);

    /// <summary>A number on the device, finite only where all of this is. It belongs to the current dispose scope.</summary>
    Tensor Check(FlatPart? part = null);

    /// <summary>As it is now; void at the next step.</summary>
    Memory<byte> HandOut();
}
