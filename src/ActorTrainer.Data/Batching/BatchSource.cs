using System.Diagnostics;
using ActorTrainer.Core.Data;
using ActorTrainer.Data.Decoding;
using ActorTrainer.Data.Sources;

namespace ActorTrainer.Data.Batching;

/// <summary>
/// Decodes batches on threads of its own. Requests wait in order; the threads take samples, not batches, from the oldest, so that a batch is ready
/// as soon as all threads together can make it and several are under way at the seams. Who took which sample never shows in the pixels.
/// </summary>
internal sealed class BatchSource : IBatchSource
{
    private readonly DataSet _data;
    private readonly BatchSourceOptions _options;
    private readonly SampleLoader _loader;
    private readonly SampleLabels _labels;
    private readonly PixelPool _pool = new();
    private readonly Queue<PendingBatch> _queue = [];
    private readonly CancellationTokenSource _stop = new();
    private readonly Thread[] _threads;
    private bool _stopped;

    public BatchSource(DataSet data, BatchSourceOptions options)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Threads, 1);
        if (options.Channels is not (1 or 3)) throw new ArgumentOutOfRangeException(nameof(options), options.Channels, "channels are 1 or 3");
        (_data, _options, _loader) = (data, options, new(data, options));
        if (options.CacheBytes > 0) data.KeepDecoded(options.CacheBytes, options.Background);
        _labels = new(data, options);
        _threads = [.. Enumerable.Range(0, options.Threads).Select(i => new Thread(Work) { IsBackground = true, Name = $"decode-{i}" })];
        foreach (var thread in _threads) thread.Start();
    }

    /// <summary>Batch buffers that were ever made: bounded by what was out at once.</summary>
    internal int BuffersMade => _pool.Made;

    internal IReadOnlyList<Thread> Threads => _threads;

    public Task<HostBatch> LoadAsync(BatchRequest request, CancellationToken cancel)
    {
        if (cancel.IsCancellationRequested) return Task.FromCanceled<HostBatch>(cancel);
        int side = _options.ImageSize;
        if (request.Samples.IsEmpty) throw new ArgumentException("a batch needs at least one sample", nameof(request));
        foreach (int sample in request.Samples) ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)sample, (uint)_data.Manifest.Samples.Length);
        var pixels = _pool.Rent(checked(request.Count * _loader.SampleBytes));
        var batch = new PendingBatch(request, side, _options.Channels, pixels, _options.Checksums, _labels.WholeWeight(request));
        if (request.Count == 0)
        {
            batch.Finish();
            return batch.Task;
        }

        // Registered before it is queued: a thread may finish it, and take the registration back, at once.
        batch.Cancellation = cancel.UnsafeRegister(static (state, token) => ((PendingBatch)state!).Fail(new OperationCanceledException(token)), batch);
        lock (_queue)
        {
            if (_stopped)
            {
                batch.Cancellation.Dispose();
                pixels.Dispose();
                throw new ObjectDisposedException(nameof(BatchSource));
            }

            _queue.Enqueue(batch);
            Monitor.PulseAll(_queue);
        }

        return batch.Task;
    }

    /// <summary>Cancels what is under way and waits for the threads. Batches already handed out stay their owners'.</summary>
    public void Dispose()
    {
        lock (_queue)
        {
            if (_stopped) return;
            _stopped = true;
            foreach (var batch in _queue) batch.Fail(new OperationCanceledException("the batch source was closed", _stop.Token));
            _stop.Cancel();
            Monitor.PulseAll(_queue);
        }

        foreach (var thread in _threads) thread.Join();
        _pool.Dispose();
        _stop.Dispose();
    }

    private void Work()
    {
        var workspace = new Workspace();
        while (Next() is var (batch, position))
        {
            long began = Stopwatch.GetTimestamp();
            try
            {
                if (!batch.HasFailed) Load(batch, position, workspace);
            }
            catch (Exception e)
            {
                // Goes to whoever awaits the batch; nothing is lost and the thread lives on.
                batch.Fail(e);
            }

            batch.Spent(Stopwatch.GetElapsedTime(began));
            batch.Finish();
        }
    }

    /// <summary>Waits for a sample to decode; null: the source is closed and everything queued has been dealt with.</summary>
    private (PendingBatch Batch, int Position)? Next()
    {
        lock (_queue)
        {
            while (_queue.Count == 0)
            {
                if (_stopped) return null;
                Monitor.Wait(_queue);
            }

            var batch = _queue.Peek();
            int position = batch.Claim();
            if (batch.IsClaimed) _queue.Dequeue();
            return (batch, position);
        }
    }

    private void Load(PendingBatch batch, int position, Workspace workspace)
    {
        int sample = batch.Request.Samples[batch.Request.First + position];
        var entry = _data.Manifest.Samples[sample];
        int label = _labels.Of(sample);
        var pixels = batch.PixelsOf(position);
        batch.Labels[position] = label;
        try
        {
            _loader.Load(sample, batch.Request.Epoch, workspace, pixels, _stop.Token);
            batch.Weights[position] = _labels.WeightOf(label);
        }
        catch (CorruptImageException e) when (_options.OnCorruptFile == CorruptFilePolicy.Skip)
        {
            _loader.Blank(pixels);
            batch.Exclude(position, new(sample, entry.Path, e.Message));
        }
        catch (CorruptImageException e)
        {
            throw new DataException($"{_data.Location}/{entry.Path} can't be read: {e.Message}. Replace or remove it, or set data.on-corrupt-file = skip.", e);
        }

        if (_options.Checksums) batch.Checksums[position] = SampleLoader.Checksum(pixels);
    }
}
