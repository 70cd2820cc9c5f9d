using System.Buffers;
using System.Collections.Immutable;

namespace ActorTrainer.Core.Data;

/// <summary>
/// A batch in host memory: uint8 pixels until they are on the device. One owner at a time: the source rents it, a message hands it on,
/// whoever uploads it disposes it, which returns the memory to its pool. Disposing twice is harmless; reading after disposal throws.
/// </summary>
public sealed class HostBatch : IDisposable
{
    private IMemoryOwner<byte>? _pixels;
    private readonly Memory<byte> _memory;

    public HostBatch(BatchRequest request, int height, int width, int channels, IMemoryOwner<byte> pixels, int[] labels, float[] weights,
        ImmutableArray<SampleProblem> excluded = default, uint[]? checksums = null, double? wholeWeight = null)
    {
        int bytes = request.Count * height * width * channels;
        (Request, Height, Width, Channels, _pixels, Labels, Weights) = (request, height, width, channels, pixels, labels, weights);
        _memory = pixels.Memory[..bytes];
        Excluded = excluded.IsDefault ? [] : excluded;
        Checksums = checksums ?? [];
        WholeWeight = wholeWeight ?? weights.Sum(weight => (double)weight);
    }

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

    /// <summary><see cref="Count"/> x H x W x C, row-major.</summary>
    public Memory<byte> Pixels => _pixels is null ? throw new ObjectDisposedException(nameof(HostBatch)) : _memory;

    /// <summary>The classes' numbers; -1 where the class is not known (pictures to predict).</summary>
    public int[] Labels { get; }

    /// <summary>0 for a sample that could not be decoded, else its class's weight (1 unless configured).</summary>
    public float[] Weights { get; }

    /// <summary>Samples of this batch that could not be decoded.</summary>
    public ImmutableArray<SampleProblem> Excluded { get; }

    /// <summary>CRC-32 of each sample's pixels in this batch, for the ledger; empty unless the source was asked for them.</summary>
    public uint[] Checksums { get; }

    /// <summary>What decoding took, all threads together. For people.</summary>
    public TimeSpan DecodeTime { get; init; }

    public void Dispose() => Interlocked.Exchange(ref _pixels, null)?.Dispose();
}
