using System.Buffers;
using ActorTrainer.Core.Data;

namespace ActorTrainer.Data.Batching;

/// <summary>
/// A batch on its way. Threads claim its samples one by one; whoever finishes the last one completes it. A failure or cancellation lets the
/// unclaimed samples pass without work, so the task ends only when nobody writes into the memory any more.
/// </summary>
internal sealed class PendingBatch(BatchRequest request, int side, int channels, IMemoryOwner<byte> pixels, bool checksums, double wholeWeight)
{
    // Continuations must not run on a decode thread.
    private readonly TaskCompletionSource<HostBatch> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly SampleProblem?[] _problems = new SampleProblem?[request.Count];
    private readonly int _sampleBytes = side * side * channels;
    private int _claimed, _left = request.Count;
    private long _decoding;
    private Exception? _failure;

    public BatchRequest Request => request;
    public Task<HostBatch> Task => _done.Task;
    public int[] Labels { get; } = new int[request.Count];
    public float[] Weights { get; } = new float[request.Count];
    public uint[] Checksums { get; } = checksums ? new uint[request.Count] : [];
    public CancellationTokenRegistration Cancellation { get; set; }
    public bool HasFailed => Volatile.Read(ref _failure) is not null;

    /// <summary>Takes the next position in the batch. Called under the lock of the queue, and not once <see cref="IsClaimed"/>.</summary>
    public int Claim() => _claimed++;

    public bool IsClaimed => _claimed == request.Count;

    public Span<byte> PixelsOf(int position) => pixels.Memory.Span.Slice(position * _sampleBytes, _sampleBytes);

    public void Exclude(int position, SampleProblem problem) => _problems[position] = problem;

    /// <summary>The first failure counts.</summary>
    public void Fail(Exception failure) => Interlocked.CompareExchange(ref _failure, failure, null);

    /// <summary>Counts what a sample took.</summary>
    public void Spent(TimeSpan time) => Interlocked.Add(ref _decoding, time.Ticks);

    /// <summary>One sample less to wait for. At the last the batch goes to whoever asked for it, or its memory back.</summary>
    public void Finish()
    {
        if (Interlocked.Decrement(ref _left) > 0) return;
        Cancellation.Dispose();
        if (_failure is { } failure)
        {
            pixels.Dispose();
            if (failure is OperationCanceledException cancelled) _done.TrySetCanceled(cancelled.CancellationToken);
            else _done.TrySetException(failure);
            return;
        }

        _done.TrySetResult(new HostBatch(request, side, side, channels, pixels, Labels, Weights, [.. _problems.OfType<SampleProblem>()], Checksums, wholeWeight)
        {
            DecodeTime = new(Volatile.Read(ref _decoding)),
        });
    }
}
