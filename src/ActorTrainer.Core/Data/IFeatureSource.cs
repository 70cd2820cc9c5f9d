using System.Collections.Immutable;

namespace ActorTrainer.Core.Data;

/// <summary>
/// Batches of features that a frozen backbone has made of the pictures of a training set. Where a block of them is in no cache, whoever has the backbone
/// computes it from its pictures (<see cref="FeatureBlocks.Request"/>) and gives it to <see cref="Keep"/>. Safe to call from several threads.
/// </summary>
public interface IFeatureSource : IBatchSource
{
    /// <summary>How the training samples are cut into blocks.</summary>
    FeatureBlocks Blocks { get; }

    /// <summary>Whether the block is in the cache, and now the last to leave it. It may be gone, or found damaged, by the time it is read.</summary>
    bool Has(FeatureBlock block);

    /// <summary>Keeps what was computed, for everyone who asks for the same.</summary>
    /// <param name="pictures">What it was computed from: the block's <see cref="FeatureBlocks.Request"/>, loaded with checksums. Stays the caller's.</param>
    /// <param name="features">The rows of <see cref="HostBatch.Features"/>, one a picture.</param>
    /// <exception cref="DataException">There is no room for it.</exception>
    void Keep(FeatureBlock block, HostBatch pictures, ReadOnlyMemory<byte> features);
}

/// <summary>A request for features that are not there: <see cref="IBatchSource.LoadAsync"/> fails with it.</summary>
public sealed class FeaturesMissingException(FeatureBlock block) : Exception($"The features of block {block.Index}, variant {block.Variant}, are not in the cache.")
{
    public FeatureBlock Block { get; } = block;
}

/// <summary>Samples that go through the backbone together, augmented alike: one unit of computing, keeping and dropping.</summary>
/// <param name="Variant">From 0: what augmentation draws from.</param>
/// <param name="Index">From 0.</param>
public readonly record struct FeatureBlock(int Variant, int Index);

/// <summary>
/// The training samples in manifest order, cut into blocks of one size, the last one shorter: a pure function of the experiment, so that a sample's features,
/// whose last bits depend on what it is computed together with, are always the same.
/// </summary>
/// <param name="Samples">Their numbers in the manifest, ascending.</param>
public sealed record FeatureBlocks(ImmutableArray<int> Samples, int BlockSize)
{
    public int Count => (Samples.Length + BlockSize - 1) / BlockSize;

    /// <summary>Where a sample stands. Throws <see cref="ArgumentOutOfRangeException"/> for one that is not trained on.</summary>
    public (int Block, int Row) PlaceOf(int sample)
    {
        int at = Samples.BinarySearch(sample);
        ArgumentOutOfRangeException.ThrowIfNegative(at, nameof(sample));
        return Math.DivRem(at, BlockSize);
    }

    /// <summary>Rows of a block.</summary>
    public int RowsOf(int block) => Math.Min(BlockSize, Samples.Length - block * BlockSize);

    /// <summary>The block's pictures.</summary>
    public BatchRequest Request(FeatureBlock block) => new(block.Index, block.Variant, Samples.Slice(block.Index * BlockSize, RowsOf(block.Index)));
}

/// <param name="Pictures">How the pictures are loaded that the features are computed from.</param>
/// <param name="Backbone">What else they depend on: see <see cref="Training.ITrainSession.Backbone"/>.</param>
/// <param name="FeatureBytes">Of one sample.</param>
/// <param name="CacheBytes">All features of this machine's cache together take at most so much of the disk.</param>
public sealed record FeatureSourceOptions(BatchSourceOptions Pictures, FeatureBlocks Blocks, string Backbone, int FeatureBytes, long CacheBytes);
