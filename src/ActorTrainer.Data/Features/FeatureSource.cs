using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using ActorTrainer.Core.Data;
using ActorTrainer.Data.Batching;

namespace ActorTrainer.Data.Features;

/// <summary>
/// Gathers batches from blocks in the cache, row by row: from memory as far as there is room, else at their positions in files. The cache's key is a hash over all that they
/// depend on, so experiments that differ in nothing else (a sweep over rates, say) share them.
/// </summary>
internal sealed class FeatureSource : IFeatureSource
{
    /// <summary>Where a variant has no more bytes than this (65,536 samples of ResNet-18), its blocks stay in memory, as many as there is room for. Else rows are read by position.</summary>
    private const long MostInMemory = 128 << 20;

    private readonly IDataSet _data;
    private readonly FeatureSourceOptions _options;
    private readonly FeatureCache _cache;
    private readonly SampleLabels _labels;
    private readonly PixelPool _pool = new();
    private readonly byte[] _key;
    private readonly string _keyName;
    private readonly int _mostOpen;
    private readonly long _mostInMemory;
    private long _inMemory;

    /// <summary>The open files, the last used first.</summary>
    private readonly LinkedList<(FeatureBlock Block, FeatureBlockFile File)> _order = new();
    private readonly Dictionary<FeatureBlock, LinkedListNode<(FeatureBlock Block, FeatureBlockFile File)>> _open = [];
    private readonly Lock _lock = new();
    private bool _disposed;

    public FeatureSource(IDataSet data, FeatureSourceOptions options, FeatureCache cache, int? mostOpen = null, long mostInMemory = MostInMemory)
    {
        (_data, _options, _cache, _mostOpen, _mostInMemory) = (data, options, cache, mostOpen ?? OpenFiles.Most, mostInMemory);
        _labels = new(data, options.Pictures);
        _key = KeyOf(data, options);
        _keyName = Convert.ToHexStringLower(_key);
    }

    public FeatureBlocks Blocks => _options.Blocks;

    public bool Has(FeatureBlock block)
    {
        if (_cache.Use(PathOf(block))) return true;
        lock (_lock) Close(block);
        return false;
    }

    public void Keep(FeatureBlock block, HostBatch pictures, ReadOnlyMemory<byte> features)
    {
        var rows = new FeatureRow[pictures.Count];
        for (int i = 0; i < rows.Length; i++) rows[i] = new(pictures.Checksums[i], null);
        foreach (var problem in pictures.Excluded)
        {
            int row = pictures.Request.Samples.IndexOf(problem.Sample);
            rows[row] = rows[row] with { Problem = problem.Reason };
        }

        _cache.Store(PathOf(block), FeatureBlockFile.Content(IdentityOf(block), rows, features.Span), _options.CacheBytes);

        // Opened at once: should others' blocks push it out again, this process has it.
        lock (_lock)
        {
            Close(block);
            if (!_disposed) Find(block);
        }
    }

    public Task<HostBatch> LoadAsync(BatchRequest request, CancellationToken cancel) => Task.Run(() => Load(request), cancel);

    public void Dispose()
    {
        lock (_lock)
        {
            _disposed = true;
            foreach (var (_, file) in _order) file.Release();
            _order.Clear();
            _open.Clear();
        }

        _pool.Dispose();
    }

    private HostBatch Load(BatchRequest request)
    {
        long began = Stopwatch.GetTimestamp();
        var places = new Place[request.Count];
        int found = 0;
        try
        {
            lock (_lock)
            {
                ObjectDisposedException.ThrowIf(_disposed, this);
                for (; found < places.Length; found++)
                {
                    var (index, row) = Blocks.PlaceOf(request.Samples[request.First + found]);
                    var block = new FeatureBlock(request.Epoch, index);
                    var file = Find(block) ?? throw new FeaturesMissingException(block);
                    file.Retain();
                    places[found] = new(block, file, row);
                }
            }

            return Read(request, places, began);
        }
        finally
        {
            for (int i = 0; i < found; i++) places[i].File.Release();
        }
    }

    private HostBatch Read(BatchRequest request, Place[] places, long began)
    {
        int[] labels = new int[places.Length];
        float[] weights = new float[places.Length];
        uint[] checksums = new uint[places.Length];
        var excluded = ImmutableArray.CreateBuilder<SampleProblem>();
        var rows = _pool.Rent(places.Length * _options.FeatureBytes);
        try
        {
            for (int i = 0; i < places.Length; i++)
            {
                var (block, file, row) = places[i];
                if (!file.TryRead(row, rows.Memory.Span.Slice(i * _options.FeatureBytes, _options.FeatureBytes))) throw Damaged(block);
                int sample = request.Samples[request.First + i];
                var (crc, problem) = file.Rows[row];
                labels[i] = _labels.Of(sample);
                weights[i] = problem is null ? _labels.WeightOf(labels[i]) : 0;
                checksums[i] = crc;
                if (problem is not null) excluded.Add(new(sample, _data.Manifest.Samples[sample].Path, problem));
            }

            return HostBatch.OfFeatures(request, _options.FeatureBytes, rows, labels, weights, Stopwatch.GetElapsedTime(began), excluded.ToImmutable(), checksums, _labels.WholeWeight(request));
        }
        catch
        {
            rows.Dispose();
            throw;
        }
    }

    private FeaturesMissingException Damaged(FeatureBlock block)
    {
        lock (_lock) Close(block);
        FeatureCache.Drop(PathOf(block));
        return new(block);
    }

    /// <summary>Open already, or opened now; null: it is not there. Under the lock.</summary>
    private FeatureBlockFile? Find(FeatureBlock block)
    {
        if (_open.TryGetValue(block, out var node))
        {
            _order.Remove(node);
            _order.AddFirst(node);
            return node.Value.File;
        }

        string path = PathOf(block);
        var file = FeatureBlockFile.TryOpen(path, IdentityOf(block), out bool isDamaged);
        if (file is not null && StaysInMemory(file) && !file.TryLoad())
        {
            file.Release();
            (file, isDamaged) = (null, true);
        }

        if (file is null)
        {
            if (isDamaged) FeatureCache.Drop(path);
            return null;
        }

        if (_order.Count >= _mostOpen) Close(_order.Last!.Value.Block);
        if (file.IsInMemory) _inMemory += file.Length;
        _open[block] = _order.AddFirst((block, file));
        return file;
    }

    private bool StaysInMemory(FeatureBlockFile file) =>
        (long)Blocks.Samples.Length * _options.FeatureBytes <= _mostInMemory && _inMemory + file.Length <= _mostInMemory;

    private void Close(FeatureBlock block)
    {
        if (!_open.Remove(block, out var node)) return;
        _order.Remove(node);
        if (node.Value.File.IsInMemory) _inMemory -= node.Value.File.Length;
        node.Value.File.Release();
    }

    private string PathOf(FeatureBlock block) => _cache.PathOf(_keyName, block);

    private FeatureBlockIdentity IdentityOf(FeatureBlock block) => new(_key, block, Blocks.RowsOf(block.Index), _options.FeatureBytes);

    /// <summary>A picture's features are a function of these, its variant and its block.</summary>
    private static byte[] KeyOf(IDataSet data, FeatureSourceOptions options)
    {
        var (pictures, blocks) = (options.Pictures, options.Blocks);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (string line in new[]
        {
            "actortrainer features 1", options.Backbone, data.Manifest.Hash, string.Join('|', pictures.Transforms),
            FormattableString.Invariant($"{options.FeatureBytes} {pictures.Channels} {pictures.ImageSize} {pictures.Background} {pictures.OnCorruptFile} {pictures.Decode} {pictures.Seed} {blocks.BlockSize}"),
        })
            hash.AppendData(Encoding.UTF8.GetBytes(line + "\n"));
        Span<byte> number = stackalloc byte[sizeof(int)];
        foreach (int sample in blocks.Samples)
        {
            BinaryPrimitives.WriteInt32LittleEndian(number, sample);
            hash.AppendData(number);
        }

        return hash.GetHashAndReset();
    }

    private readonly record struct Place(FeatureBlock Block, FeatureBlockFile File, int Row);
}
