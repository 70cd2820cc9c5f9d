using System.Collections.Immutable;

namespace ActorTrainer.Data.Packing;

/// <summary>Content after content, in files that are closed when they are large enough. What is closed is on the disk.</summary>
internal sealed class ShardWriter(string folder, long shardBytes) : IDisposable
{
    private readonly ImmutableArray<long>.Builder _lengths = ImmutableArray.CreateBuilder<long>();
    private FileStream? _shard;

    /// <summary>Where it went.</summary>
    public (int Shard, long Offset) Append(ReadOnlySpan<byte> content)
    {
        if (_shard is { } full && full.Position >= shardBytes) CloseShard();
        _shard ??= new(PackIndex.ShardFile(folder, _lengths.Count), FileMode.CreateNew, FileAccess.Write, FileShare.Read, 1 << 20);
        var at = (_lengths.Count, _shard.Position);
        _shard.Write(content);
        return at;
    }

    /// <summary>The length of each shard.</summary>
    public ImmutableArray<long> Close()
    {
        if (_shard is not null) CloseShard();
        return _lengths.ToImmutable();
    }

    public void Dispose() => _shard?.Dispose();

    private void CloseShard()
    {
        _lengths.Add(_shard!.Position);
        _shard.Flush(flushToDisk: true);
        _shard.Dispose();
        _shard = null;
    }
}
