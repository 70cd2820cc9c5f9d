using System.Buffers;
using System.Collections.Immutable;
using ActorTrainer.Core.Data;

namespace ActorTrainer.Actors.Tests.Fakes;

/// <summary>Batches of empty pictures, with a count of those that nobody has given back yet.</summary>
internal sealed class FakeSource : IBatchSource
{
    private readonly Lock _lock = new();
    private readonly List<(BatchRequest Request, TaskCompletionSource<HostBatch> Done)> _held = [];
    private int _out;

    /// <summary>Batches rented and not yet disposed.</summary>
    public int Outstanding => Volatile.Read(ref _out);

    /// <summary>The most batches that were ever asked for and not yet disposed.</summary>
    public int MostOutstanding { get; private set; }

    /// <summary>Loads wait until <see cref="Release"/>.</summary>
    public bool Hold { get; set; }

    public Func<BatchRequest, Exception?> Fail { get; set; } = _ => null;

    public Func<BatchRequest, ImmutableArray<SampleProblem>> Exclude { get; set; } = _ => [];

    public Task<HostBatch> LoadAsync(BatchRequest request, CancellationToken cancel)
    {
        lock (_lock)
        {
            MostOutstanding = Math.Max(MostOutstanding, Interlocked.Increment(ref _out));
            if (Fail(request) is { } e) return Task.FromException<HostBatch>(e);
            if (!Hold) return Task.FromResult(Make(request));
            var done = new TaskCompletionSource<HostBatch>(TaskCreationOptions.RunContinuationsAsynchronously);
            _held.Add((request, done));
            return done.Task;
        }
    }

    /// <summary>Completes the held load at this place.</summary>
    public void Release(int index)
    {
        lock (_lock)
        {
            var (request, done) = _held[index];
            _held.RemoveAt(index);
            done.SetResult(Make(request));
        }
    }

    public int Held
    {
        get
        {
            lock (_lock) return _held.Count;
        }
    }

    public void Dispose()
    {
    }

    /// <summary>A batch that is the caller's, rented like any other.</summary>
    public HostBatch Load(BatchRequest request)
    {
        Interlocked.Increment(ref _out);
        return Make(request);
    }

    private HostBatch Make(BatchRequest request) =>
        new(request, 1, 1, 1, new Counted(this, request.Samples.Length), new int[request.Samples.Length], [.. request.Samples.Select(_ => 1f)], Exclude(request));

    private sealed class Counted(FakeSource source, int bytes) : IMemoryOwner<byte>
    {
        private int _disposed;

        public Memory<byte> Memory { get; } = new byte[bytes];

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _disposed, 1) == 0) Interlocked.Decrement(ref source._out);
        }
    }
}

internal sealed class FakeExperimentData : IExperimentData
{
    public FakeSource Source { get; } = new();

    public FakeSource EvaluationSource { get; } = new();

    public IBatchSource Training(int phase) => Source;

    /// <summary>Of five blocks.</summary>
    public FakeFeatures FeatureSource { get; } = new(new([.. Enumerable.Range(0, Some.Samples)], Some.Samples / 5));

    public IFeatureSource Features(int phase, string backbone, int featureBytes) => FeatureSource;

    public string PathOf(int phase, int sample) => $"cat/{sample}.jpg";

    public EvaluationSet? Validation(int phase) => new(EvaluationSource, [0, 1, 2, 3, 4, 5]);

    public EvaluationSet? Test => new(EvaluationSource, [0, 2, 4, 6, 8, 10]);

    public void Dispose()
    {
    }
}
