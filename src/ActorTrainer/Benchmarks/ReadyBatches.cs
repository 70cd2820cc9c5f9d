using System.Buffers;
using ActorTrainer.Core.Data;
using ActorTrainer.Core.Randomness;

namespace ActorTrainer.Benchmarks;

/// <summary>A few batches made beforehand, handed out in turn by step: the same to every loop.</summary>
internal sealed class ReadyBatches : IBatchSource, IExperimentData
{
    private const int Different = 8;
    private readonly Workload _workload;
    private readonly (byte[] Pixels, int[] Labels)[] _batches;
    private readonly float[] _weights;

    public ReadyBatches(Workload workload)
    {
        _workload = workload;
        _batches = [.. Enumerable.Range(0, Different).Select(Make)];
        _weights = [.. Enumerable.Repeat(1f, workload.BatchSize)];
    }

    /// <summary>N x H x W x C pixels and N labels of a step (1 for the first).</summary>
    public (byte[] Pixels, int[] Labels) Of(long step) => _batches[step % Different];

    public HostBatch Batch(BatchRequest request)
    {
        var (pixels, labels) = Of(request.Sequence);
        return new(request, _workload.ImageSize, _workload.ImageSize, _workload.Channels, new Kept(pixels), labels, _weights);
    }

    public Task<HostBatch> LoadAsync(BatchRequest request, CancellationToken cancel) => Task.FromResult(Batch(request));

    public IBatchSource Training(int phase) => this;

    public IFeatureSource Features(int phase, string backbone, int featureBytes) => throw new NotSupportedException("These are pictures.");

    public EvaluationSet? Validation(int phase) => null;

    public EvaluationSet? Test => null;

    public string PathOf(int phase, int sample) => $"generated/{sample}";

    public void Dispose()
    {
    }

    /// <summary>Noise, brighter by class, so that there is something to learn.</summary>
    private (byte[], int[]) Make(int index)
    {
        int size = _workload.ImageSize * _workload.ImageSize * _workload.Channels;
        byte[] pixels = new byte[_workload.BatchSize * size];
        int[] labels = [.. Enumerable.Range(0, _workload.BatchSize).Select(i => (i + index) % _workload.Classes)];
        var random = new RandomStream(Workload.Seed, RandomPurpose.Test, (ulong)index, 0);
        for (int i = 0; i < pixels.Length; i++) pixels[i] = (byte)(random.NextInt32(156) + 99 * labels[i / size] / _workload.Classes);
        return (pixels, labels);
    }

    private sealed class Kept(byte[] pixels) : IMemoryOwner<byte>
    {
        public Memory<byte> Memory => pixels;

        public void Dispose()
        {
        }
    }
}
