using System.Collections.Immutable;
using ActorTrainer.Core.Checkpoints;
using ActorTrainer.Core.Experiments;
using ActorTrainer.Core.Models;
using ActorTrainer.Core.Training;

namespace ActorTrainer.Transport.Checkpoints;

/// <summary>A file on its way into a store. Disposed without <see cref="Complete"/>, it was a failure, and nothing must be taken for the file.</summary>
internal interface IFileInWriting : IDisposable
{
    Stream Stream { get; }

    /// <summary>Everything is in it: makes it durable.</summary>
    void Complete();
}

/// <summary>Opens a file of a checkpoint and tells its length in bytes; throws FileNotFoundException where there is none.</summary>
internal delegate Stream OpenCheckpointFile(CheckpointId id, string name, out long length);

/// <summary>Which files a checkpoint is made of, and how they are written, read and verified, wherever they are kept.</summary>
internal sealed class CheckpointFormat(OpenCheckpointFile open)
{
    /// <summary>A manifest of a hundred thousand classes is smaller.</summary>
    private const long MaxManifestBytes = 64 << 20;

    /// <summary>Weights, optimizer state, and last the manifest. <paramref name="beforeManifest"/> is told what the checkpoint will be.</summary>
    public static StoredCheckpoint Write(CheckpointContent content, Func<string, IFileInWriting> create, CancellationToken cancel, Action? beforeManifest = null)
    {
        var weights = WriteFile(CheckpointPlacement.Weights, create, stream => Safetensors.Write(stream, content.State.Weights), cancel);
        Failpoint.Hit(Failpoints.CheckpointWeightsWritten);
        var optimizer = WriteFile(CheckpointPlacement.Optimizer, create, stream => Safetensors.Write(stream, content.State.Optimizer), cancel);
        beforeManifest?.Invoke();
        byte[] json = new CheckpointManifest(
            CheckpointManifest.CurrentFormat, content.Id, content.State.Cursor, content.ConfigurationHash, content.Model, [weights, optimizer]).ToJson();
        var manifest = WriteFile(CheckpointPlacement.Manifest, create, stream => stream.Write(json), cancel);
        return new(content.Id, manifest.Sha256, weights.Size + optimizer.Size + manifest.Size);
    }

    /// <summary>Throws <see cref="CheckpointDamagedException"/>.</summary>
    public StoredCheckpoint Verify(CheckpointId id)
    {
        var (manifest, stored) = ReadManifest(id);
        foreach (var file in manifest.Files)
        {
            using var stream = Open(id, file);
            using var hashing = new HashingStream(stream);
            hashing.CopyTo(Stream.Null, bufferSize: 1 << 18);
            Check(id, file, hashing);
        }

        return stored;
    }

    /// <summary>Throws <see cref="CheckpointDamagedException"/>.</summary>
    public CheckpointManifest Describe(CheckpointId id) => ReadManifest(id).Manifest;

    /// <summary>Throws <see cref="CheckpointDamagedException"/>.</summary>
    public Stream OpenWeights(CheckpointId id) => Open(id, Describe(id).Files.Single(file => file.Name == CheckpointPlacement.Weights));

    public CheckpointContent Read(CheckpointId id)
    {
        var (manifest, _) = ReadManifest(id);
        var state = new TrainingState(manifest.Cursor, ReadTensors(id, manifest, CheckpointPlacement.Weights), ReadTensors(id, manifest, CheckpointPlacement.Optimizer));
        return new(id, state, manifest.Model, manifest.ConfigurationHash);
    }

    private static CheckpointFile WriteFile(string name, Func<string, IFileInWriting> create, Action<Stream> write, CancellationToken cancel)
    {
        using var file = create(name);
        using var hashing = new HashingStream(file.Stream, cancel);
        write(hashing);
        file.Complete();
        return new(name, hashing.Count, hashing.Sha256());
    }

    private (CheckpointManifest Manifest, StoredCheckpoint Stored) ReadManifest(CheckpointId id)
    {
        byte[] json;
        CheckpointManifest manifest;
        try
        {
            using var stream = Open(id, CheckpointPlacement.Manifest, out long length);
            if (length > MaxManifestBytes) throw new CheckpointDamagedException(id, $"{CheckpointPlacement.Manifest} has {length} bytes");
            json = new byte[length];
            stream.ReadExactly(json);
            manifest = CheckpointManifest.Parse(json);
        }
        catch (Exception e) when (e is FormatException or EndOfStreamException)
        {
            throw new CheckpointDamagedException(id, e.Message);
        }

        if (manifest.Id != id) throw new CheckpointDamagedException(id, $"its manifest is that of checkpoint {manifest.Id}");
        if (!manifest.Files.Select(file => file.Name).SequenceEqual([CheckpointPlacement.Weights, CheckpointPlacement.Optimizer]))
            throw new CheckpointDamagedException(id, $"its manifest names the files {string.Join(", ", manifest.Files.Select(file => file.Name))}");
        return (manifest, new(id, CheckpointManifest.HashOf(json), json.Length + manifest.Files.Sum(file => file.Size)));
    }

    private ImmutableArray<NamedTensor> ReadTensors(CheckpointId id, CheckpointManifest manifest, string name)
    {
        var file = manifest.Files.Single(f => f.Name == name);
        using var stream = Open(id, file);
        using var hashing = new HashingStream(stream);
        try
        {
            var tensors = Safetensors.Read(hashing, file.Size).Tensors;
            Check(id, file, hashing);
            return tensors;
        }
        catch (SafetensorsException e)
        {
            throw new CheckpointDamagedException(id, $"{name}: {e.Message}");
        }
    }

    private Stream Open(CheckpointId id, CheckpointFile file)
    {
        var stream = Open(id, file.Name, out long length);
        if (length == file.Size) return stream;
        stream.Dispose();
        throw new CheckpointDamagedException(id, $"{file.Name} has {length} bytes instead of {file.Size}");
    }

    private Stream Open(CheckpointId id, string name, out long length)
    {
        try
        {
            return open(id, name, out length);
        }
        catch (FileNotFoundException)
        {
            throw new CheckpointDamagedException(id, $"{name} is missing");
        }
    }

    private static void Check(CheckpointId id, CheckpointFile file, HashingStream read)
    {
        if (read.Count != file.Size || read.Sha256() != file.Sha256) throw new CheckpointDamagedException(id, $"{file.Name} does not match its SHA-256");
    }
}
