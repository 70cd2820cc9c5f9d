using System.Collections.Immutable;
using ActorTrainer.Core.Checkpoints;
using ActorTrainer.Core.Experiments;
using Amazon.S3;

namespace ActorTrainer.Transport.Checkpoints;

/// <summary>
/// Checkpoints as objects <c>&lt;prefix&gt;/&lt;generation&gt;-&lt;step&gt;/&lt;file&gt;</c> of an S3-compatible bucket. A bucket has no rename: the manifest is written last, on the
/// condition that there is none, and that is what makes the others a checkpoint. A store that does not answer is no damage: then every method throws
/// IOException, after some patience.
/// </summary>
public sealed class S3CheckpointStore : ICheckpointStore
{
    private readonly S3Bucket _bucket;
    private readonly string _prefix;
    private readonly CheckpointFormat _format;

    /// <param name="prefix">The run's place in the bucket, without slashes at its ends.</param>
    public S3CheckpointStore(IAmazonS3 client, string bucket, string prefix)
    {
        _bucket = new(client, bucket);
        _prefix = prefix;
        _format = new((CheckpointId id, string name, out long length) => _bucket.Open(Key(id, name), out length));
    }

    /// <summary>Bytes in a part of a large file, each held in memory while it is sent; S3 takes no fewer than 5 MiB.</summary>
    internal int PartBytes { get; init; } = 16 << 20;

    public StoredCheckpoint Write(CheckpointContent content, CancellationToken cancel)
    {
        if (_bucket.Has(Key(content.Id, CheckpointPlacement.Manifest)))
        {
            if (IsThere(content, cancel) is { } same) return same;
            Delete(content.Id);         // damaged
        }

        try
        {
            Failpoint.Hit(Failpoints.CheckpointBegun);
            var stored = CheckpointFormat.Write(content, name => Upload(content.Id, name, cancel), cancel, () =>
            {
                Failpoint.Hit(Failpoints.CheckpointFilesWritten);
                cancel.ThrowIfCancellationRequested();
            });
            Failpoint.Hit(Failpoints.CheckpointRenamed);
            return stored;
        }
        catch (ObjectExistsException)
        {
            // The manifest got there and its answer got lost, or another writer was first with the same checkpoint.
            return IsThere(content, cancel) ?? throw new IOException($"Checkpoint {content.Id} was written by another process, with other content.");
        }
        catch
        {
            RemoveAfterFailure(content.Id);
            throw;
        }
    }

    public ImmutableArray<CheckpointId> List() =>
        [.. Objects().Where(o => o.Name == CheckpointPlacement.Manifest).Select(o => o.Id).Order()];

    public StoredCheckpoint? Verify(CheckpointId id, out string? problem)
    {
        try
        {
            problem = null;
            return Transient.Retried(() => _format.Verify(id));
        }
        catch (CheckpointDamagedException e)
        {
            problem = e.Problem;
            return null;
        }
    }

    public CheckpointContent Read(CheckpointId id) => Transient.Retried(() => _format.Read(id));

    public CheckpointManifest Describe(CheckpointId id) => Transient.Retried(() => _format.Describe(id));

    public Stream OpenWeights(CheckpointId id) => Transient.Retried(() => _format.OpenWeights(id));

    public void Delete(CheckpointId id)
    {
        // Without its manifest, nobody takes the rest for a checkpoint.
        _bucket.Delete(Key(id, CheckpointPlacement.Manifest));
        Failpoint.Hit(Failpoints.RetireRenamed);
        DeleteFiles(id);
    }

    public void Sweep(Generation before)
    {
        foreach (var checkpoint in Objects().GroupBy(o => o.Id).Where(files => files.Key.Generation < before && files.All(o => o.Name != CheckpointPlacement.Manifest)).ToList())
            DeleteFiles(checkpoint.Key);
        foreach (var (key, upload) in _bucket.Uploads(_prefix + "/").Where(found => OfKey(found.Key)?.Id.Generation < before)) _bucket.AbortUpload(key, upload);
    }

    /// <summary>Written before, and its commit did not get through: the same bits are the same checkpoint, and stay. Null where it has others.</summary>
    private StoredCheckpoint? IsThere(CheckpointContent content, CancellationToken cancel)
    {
        var wanted = CheckpointFormat.Write(content, _ => new Measured(), cancel);
        return Verify(content.Id, out _) == wanted ? wanted : null;
    }

    private S3Upload Upload(CheckpointId id, string name, CancellationToken cancel) =>
        new S3Upload(_bucket, Key(id, name), PartBytes, onlyIfNew: name == CheckpointPlacement.Manifest, cancel);

    private void DeleteFiles(CheckpointId id)
    {
        foreach (string key in _bucket.Keys($"{_prefix}/{CheckpointPlacement.FolderOf(id)}/")) _bucket.Delete(key);
    }

    /// <summary>Whatever has a place in a checkpoint; other objects below the prefix are not ours.</summary>
    private IEnumerable<(CheckpointId Id, string Name)> Objects()
    {
        foreach (string key in _bucket.Keys(_prefix + "/"))
        {
            if (OfKey(key) is { } file) yield return file;
        }
    }

    private (CheckpointId Id, string Name)? OfKey(string key) =>
        key[(_prefix.Length + 1)..].Split('/', 2) is [var checkpoint, var name] && CheckpointId.TryParse(checkpoint, out var id) ? (id, name) : null;

    private string Key(CheckpointId id, string name) => $"{_prefix}/{CheckpointPlacement.FolderOf(id)}/{name}";

    /// <summary>The failure that is on its way says more than one met here; what stays is swept at the next start.</summary>
    private void RemoveAfterFailure(CheckpointId id)
    {
        try
        {
            if (!_bucket.Has(Key(id, CheckpointPlacement.Manifest))) DeleteFiles(id);
        }
        catch (IOException)
        {
        }
    }

    /// <summary>Goes nowhere: what is wanted is its size and hash.</summary>
    private sealed class Measured : IFileInWriting
    {
        public Stream Stream => Stream.Null;

        public void Complete()
        {
        }

        public void Dispose()
        {
        }
    }
}
