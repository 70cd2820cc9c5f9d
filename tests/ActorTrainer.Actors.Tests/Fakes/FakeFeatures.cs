using System.Buffers;
using System.Collections.Concurrent;
using ActorTrainer.Core.Data;

namespace ActorTrainer.Actors.Tests.Fakes;

/// <summary>A cache of features in memory that forgets when it is told to.</summary>
internal sealed class FakeFeatures(FeatureBlocks blocks) : IFeatureSource
{
    private readonly ConcurrentDictionary<FeatureBlock, byte[]> _kept = new();
    private int _loads;

    public FeatureBlocks Blocks => blocks;

    public ICollection<FeatureBlock> Kept => _kept.Keys;

    /// <summary>At this load, counted from 1, the block that it needs first is gone.</summary>
    public int? ForgetAt { get; set; }

    /// <summary>Somebody else has computed it.</summary>
    public void Put(FeatureBlock block) => _kept[block] = [.. blocks.Request(block).Samples.SelectMany(sample => new[] { (byte)sample, (byte)block.Variant })];

    public bool Has(FeatureBlock block) => _kept.ContainsKey(block);

    public void Keep(FeatureBlock block, HostBatch pictures, ReadOnlyMemory<byte> features) => _kept[block] = features.ToArray();

    public Task<HostBatch> LoadAsync(BatchRequest request, CancellationToken cancel)
    {
        var places = request.Samples.Select(sample => blocks.PlaceOf(sample)).ToArray();
        if (Interlocked.Increment(ref _loads) == ForgetAt) _kept.TryRemove(new(request.Epoch, places[0].Block), out _);
        byte[] rows = new byte[2 * places.Length];
        for (int i = 0; i < places.Length; i++)
        {
            var block = new FeatureBlock(request.Epoch, places[i].Block);
            if (!_kept.TryGetValue(block, out byte[]? features)) return Task.FromException<HostBatch>(new FeaturesMissingException(block));
            features.AsSpan(2 * places[i].Row, 2).CopyTo(rows.AsSpan(2 * i));
            if (rows[2 * i] != request.Samples[i] || rows[2 * i + 1] != request.Epoch) throw new InvalidOperationException("The features of another sample, or another variant.");
        }

        var memory = MemoryPool<byte>.Shared.Rent(rows.Length);
        rows.CopyTo(memory.Memory);
        return Task.FromResult(HostBatch.OfFeatures(request, 2, memory, new int[places.Length], [.. places.Select(_ => 1f)], default));
    }

    public void Dispose()
    {
    }
}
