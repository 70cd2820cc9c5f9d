using System.Buffers;
using System.Collections.Immutable;

namespace ActorTrainer.Core.Data;

/// <summary>
/// A batch in host memory: uint8 pixels until they are on the device, or features that a frozen backbone has made of them. One owner at a time: the source
/// rents it, a message hands it on, whoever uploads it disposes it, which returns the memory to its pool. Disposing twice is harmless; reading after
/// disposal throws.
/// </summary>
public sealed class HostBatch : IDisposable
{
    private IMemoryOwner<byte>? _content;
    private readonly Memory<byte> _memory;

    /// <summary>Of pixels.</summary>
    public HostBatch(BatchRequest request, int height, int width, int channels, IMemoryOwner<byte> pixels, int[] labels, float[] weights,
        ImmutableArray<SampleProblem> excluded = default, uint[]? checksums = null, double? wholeWeight = null)
        : this(request, height * width * channels, pixels, labels, weights, excluded, checksums, wholeWeight) =>
        (Height, Width, Channels) = (height, width, channels);

    private HostBatch(BatchRequest request, int sampleBytes, IMemoryOwner<byte> content, int[] labels, float[] weights,
        ImmutableArray<SampleProblem> excluded, uint[]? checksums, double? wholeWeight)
    {
        (Request, _content, Labels, Weights) = (request, content, labels, weights);
        _memory = content.Memory[..(request.Count * sampleBytes)];
        Excluded = excluded.IsDefault ? [] : excluded;
        Checksums = checksums ?? [];
        WholeWeight = wholeWeight ?? weights.Sum(weight => (double)weight);
    }

    /// <summary>A batch of features instead of pixels.</summary>
    /// <param name="featureBytes">Bytes of one sample's features.</param>
    /// <param name="checksums">Of the pixels that the features were computed from.</param>
    /// <param name="reading">See <see cref="DecodeTime"/>.</param>
    public static HostBatch OfFeatures(BatchRequest request, int featureBytes, IMemoryOwner<byte> features, int[] labels, float[] weights, TimeSpan reading,
        ImmutableArray<SampleProblem> excluded = default, uint[]? checksums = null, double? wholeWeight = null) =>
        new(request, featureBytes, features, labels, weights, excluded, checksums, wholeWeight) { FeatureBytes = featureBytes, DecodeTime = reading };

    public BatchRequest Request { get; }

    /// <summary>Samples that were loaded: all of the batch, or one trainer's part.</summary>
    public int Count => Request.Count;

    /// <summary>Position in the whole batch of the first that was loaded.</summary>
    public int First => Request.First;

    /// <summary>Samples of the whole batch.</summary>
    public int WholeCount => Request.Samples.Length;

    /// <summary>
    /// What the whole batch weighs by its labels: the loss's denominator, which every trainer must know without a word from the others, so that a
    /// sample that can't be decoded adds nothing to the sum and stays in the denominator.
    /// </summary>
    public double WholeWeight { get; }

    public int Height { get; }
    public int Width { get; }
    public int Channels { get; }

    /// <summary>Of one sample's features; 0 where the batch is of pixels.</summary>
    public int FeatureBytes { get; private init; }

    /// <summary><see cref="Count"/> x H x W x C, row-major.</summary>
    public Memory<byte> Pixels => FeatureBytes == 0 ? Content : throw new InvalidOperationException("The batch is of features and has no pixels.");

    /// <summary><see cref="Count"/> x F in the master precision (float32, of an fp64 experiment float64), row-major, little-endian.</summary>
    public Memory<byte> Features => FeatureBytes > 0 ? Content : throw new InvalidOperationException("The batch is of pixels and has no features.");

    /// <summary>The classes' numbers; -1 where the class is not known (pictures to predict).</summary>
    public int[] Labels { get; }

    /// <summary>0 for a sample that could not be decoded, else its class's weight (1 unless configured).</summary>
    public float[] Weights { get; }

    /// <summary>Samples of this batch that could not be decoded.</summary>
    public ImmutableArray<SampleProblem> Excluded { get; }

    /// <summary>
    /// CRC-32 of each sample's pixels in this batch, for the ledger (of features: of the pixels that they were computed from); empty unless the source was
    /// asked for them.
    /// </summary>
    public uint[] Checksums { get; }

    /// <summary>What decoding took, or reading features back, all threads together. For people.</summary>
    public TimeSpan DecodeTime { get; init; }

    private Memory<byte> Content => _content is null ? throw new ObjectDisposedException(nameof(HostBatch)) : _memory;

    public void Dispose() => Interlocked.Exchange(ref _content, null)?.Dispose();
}
