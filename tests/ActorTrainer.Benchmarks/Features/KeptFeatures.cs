using System.Buffers;
using System.Collections.Immutable;
using System.Runtime.InteropServices;
using ActorTrainer.Core.Data;
using ActorTrainer.Core.Randomness;
using ActorTrainer.Data;

namespace ActorTrainer.Benchmarks.Features;

/// <summary>Features that nothing was computed from, in a cache of their own on the disk: warm, whoever asks.</summary>
internal sealed class KeptFeatures : IExperimentData, IBatchSource
{
    private readonly string _folder = Directory.CreateTempSubdirectory("actortrainer-features-").FullName;
    private readonly Workload _workload;
    private readonly ImmutableArray<int> _samples;
    private readonly NumberedSet _set;

    public KeptFeatures(Workload workload)
    {
        _workload = workload;
        _samples = [.. Enumerable.Range(0, workload.AllSteps * workload.BatchSize)];
        _set = new(_samples.Length, workload.Description.Classes);
        Width = workload.FeatureBytes / sizeof(float);
    }

    /// <summary>Numbers a sample.</summary>
    public int Width { get; }

    public int Count => _samples.Length;

    public int LabelOf(int sample) => sample % _workload.Classes;

    /// <summary>Noise, larger by class, so that there is something to learn.</summary>
    public void Fill(int sample, Span<float> into)
    {
        var random = new RandomStream(Workload.Seed, RandomPurpose.Test, (ulong)sample, 0);
        foreach (ref float value in into) value = random.NextSingle();
        into[LabelOf(sample)] += 1;
    }

    public IFeatureSource Features(int phase, string backbone, int featureBytes)
    {
        var pictures = new BatchSourceOptions([], 1, 1, Rgb.White, CorruptFilePolicy.Fail, [], Workload.Seed, 1);
        var source = new DataReader(features: new(_folder, TimeProvider.System)).OpenFeatures(_set,
            new(pictures, new(_samples, _workload.Plan.Phases[0].Settings.Features!.BlockSize), backbone, featureBytes, long.MaxValue));
        for (int index = 0; index < source.Blocks.Count; index++)
        {
            var block = new FeatureBlock(0, index);
            if (!source.Has(block)) Keep(source, block);
        }

        return source;
    }

    public IBatchSource Training(int phase) => this;

    public Task<HostBatch> LoadAsync(BatchRequest request, CancellationToken cancel) => throw new NotSupportedException("Every block is in the cache.");

    public string PathOf(int phase, int sample) => _set.Manifest.Samples[sample].Path;

    public EvaluationSet? Validation(int phase) => null;

    public EvaluationSet? Test => null;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private void Keep(IFeatureSource source, FeatureBlock block)
    {
        var request = source.Blocks.Request(block);
        float[] features = new float[request.Count * Width];
        for (int i = 0; i < request.Count; i++) Fill(request.Samples[i], features.AsSpan(i * Width, Width));
        using var pictures = new HostBatch(request, 1, 1, 1, MemoryPool<byte>.Shared.Rent(request.Count), new int[request.Count], new float[request.Count], checksums: new uint[request.Count]);
        source.Keep(block, pictures, MemoryMarshal.AsBytes(features.AsSpan()).ToArray());
    }

    /// <summary>Samples that have a number and a class, and no picture.</summary>
    private sealed class NumberedSet(int samples, ImmutableArray<string> classes) : IDataSet
    {
        public string Location => "generated";

        public DataManifest Manifest { get; } = new(classes, [.. Enumerable.Range(0, samples).Select(i => new SampleEntry($"{i}", i % classes.Length, 0, new string('0', 64)))]);

        public ImmutableArray<SampleProblem> Problems => [];

        public void Dispose()
        {
        }
    }
}
