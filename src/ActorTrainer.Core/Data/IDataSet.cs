using System.Collections.Immutable;

namespace ActorTrainer.Core.Data;

/// <summary>A data set that has been looked at: its manifest, and the files in it that can't be decoded.</summary>
public interface IDataSet : IDisposable
{
    /// <summary>The location it was opened by.</summary>
    string Location { get; }
    DataManifest Manifest { get; }
    /// <summary>Samples known to be unreadable, by number; more may show when they are decoded.</summary>
    ImmutableArray<SampleProblem> Problems { get; }
}

/// <summary>A sample that can't be decoded.</summary>
/// <param name="Sample">Its number in the manifest.</param>
/// <param name="Path">The sample's path in the manifest.</param>
/// <param name="Reason">For a person: what is wrong with the file.</param>
public sealed record SampleProblem(int Sample, string Path, string Reason);

/// <summary>Data that can't be used as the experiment file says. The message is for a person and names path and remedy.</summary>
public sealed class DataException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>Opens data sets and reads batches of them. Implemented by ActorTrainer.Data.</summary>
public interface IDataReader
{
    /// <summary>
    /// Lists, hashes and checks a data set. <paramref name="classes"/>: only these class folders; null: all.
    /// Throws <see cref="DataException"/>: nothing there, no class, a class named but missing, an entry that leaves its zip.
    /// </summary>
    IDataSet Open(string location, ImmutableArray<string>? classes, IProgress<DataProgress>? progress, CancellationToken cancel);

    /// <summary>A source of batches of these data, with threads and buffers of its own. The data set outlives it.</summary>
    IBatchSource OpenBatches(IDataSet data, BatchSourceOptions options);

    /// <summary>A source of batches of features, with what is in the cache and room for the rest. The data set outlives it.</summary>
    IFeatureSource OpenFeatures(IDataSet data, FeatureSourceOptions options);

    /// <summary>Throws <see cref="DataException"/> where this machine has no place to keep so many bytes of features.</summary>
    void RequireFeatureCache(long bytes);
}

/// <summary>How far opening a data set has come.</summary>
/// <param name="Done">Files, of <paramref name="Total"/>.</param>
/// <param name="Doing">For a person, such as what is being read.</param>
public readonly record struct DataProgress(long Done, long Total, string Doing);

/// <param name="Transforms">Applied to every sample, in order; random ones draw from (seed, epoch, sample). They end at size x size.</param>
/// <param name="ClassWeights">By label; empty: all 1.</param>
/// <param name="Threads">At least 1. Never changes a pixel.</param>
/// <param name="Checksums">Whether batches carry a CRC-32 of each sample's pixels.</param>
/// <param name="LabelClasses">What labels are indexes into, so that a test set with fewer classes gets the model's labels; default: the data set's own classes.
/// A class of the data set that is not among them is a <see cref="DataException"/>.</param>
/// <param name="CacheBytes">Decoded pictures of the data set are kept in memory up to this, for all its sources. Never changes a pixel.</param>
public sealed record BatchSourceOptions(
    ImmutableArray<ImageTransform> Transforms, int Channels, int ImageSize, Rgb Background, CorruptFilePolicy OnCorruptFile,
    ImmutableArray<float> ClassWeights, ulong Seed, int Threads, bool Checksums = false, ImmutableArray<string> LabelClasses = default,
    long CacheBytes = 0)
{
    public PictureDecoding Decode { get; init; }
}

/// <summary>Which samples, in order, and for which step they are meant.</summary>
/// <param name="Epoch">What augmentation draws from: counted over the whole experiment from 0, or the variant of a phase on features. Ignored where nothing is random.</param>
/// <param name="Sequence">The step (training) or the batch's number (evaluation); travels with the batch.</param>
/// <param name="Samples">Of the whole batch, by position.</param>
/// <param name="Part">The positions to load, where other trainers load the rest; null: all of them.</param>
public sealed record BatchRequest(long Sequence, int Epoch, ImmutableArray<int> Samples, BatchPart? Part = null)
{
    /// <summary>Position of the first sample to load.</summary>
    public int First => Part?.First ?? 0;

    /// <summary>How many to load: 0 where a small batch leaves a trainer's shards empty.</summary>
    public int Count => Part?.Count ?? Samples.Length;
}

/// <summary>Positions of a batch that one trainer loads.</summary>
public readonly record struct BatchPart(int First, int Count);

/// <summary>Decodes and augments batches on threads of its own, several at once.</summary>
public interface IBatchSource : IDisposable
{
    /// <summary>
    /// The batch, owned by the caller from then on. A file that can't be decoded: <see cref="CorruptFilePolicy.Fail"/> throws <see cref="DataException"/>,
    /// <see cref="CorruptFilePolicy.Skip"/> gives the sample weight zero, background pixels, and an entry in <see cref="HostBatch.Excluded"/>.
    /// </summary>
    Task<HostBatch> LoadAsync(BatchRequest request, CancellationToken cancel);
}
