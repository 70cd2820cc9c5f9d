using System.Collections.Immutable;
using ActorTrainer.Core.Checkpoints;
using ActorTrainer.Core.Experiments;
using ActorTrainer.Core.Models;
using ActorTrainer.Core.Training;

namespace ActorTrainer.Transport.Checkpoints;

/// <summary>
/// Checkpoints as folders of one folder. Written as <c>&lt;generation&gt;-&lt;step&gt;.tmp</c>, flushed file by file and as a folder, renamed, the parent flushed:
/// whoever finds the name finds the whole. Any number of processes may read; one writes.
/// </summary>
/// <param name="root">Made by the first write.</param>
public sealed class FolderCheckpointStore(string root) : ICheckpointStore
{
    /// <summary>A manifest of a hundred thousand classes is smaller.</summary>
    private const long MaxManifestBytes = 64 << 20;

    /// <summary>What a file is written through; a test puts a disk that fills up between.</summary>
    internal Func<FileStream, Stream> Through { get; init; } = file => file;

    public string Root { get; } = Path.GetFullPath(root);

    public StoredCheckpoint Write(CheckpointContent content, CancellationToken cancel)
    {
        string temporary = In(CheckpointPlacement.TemporaryOf(content.Id));
        try
        {
            Directory.CreateDirectory(Root);
            DeleteFolder(temporary);        // an earlier attempt's
            Directory.CreateDirectory(temporary);
            Failpoint.Hit(Failpoints.CheckpointBegun);
            var stored = WriteFiles(content, temporary, cancel);
            Posix.FlushFolder(temporary);
            Failpoint.Hit(Failpoints.CheckpointFilesWritten);
            cancel.ThrowIfCancellationRequested();
            Place(content.Id, temporary, stored);
            return stored;
        }
        catch
        {
            RemoveAfterFailure(temporary);
            throw;
        }
    }

    public ImmutableArray<CheckpointId> List() =>
        [.. Folders().Select(name => CheckpointId.TryParse(name, out var id) ? id : (CheckpointId?)null).OfType<CheckpointId>().Order()];

    public StoredCheckpoint? Verify(CheckpointId id, out string? problem)
    {
        try
        {
            var (manifest, stored) = ReadManifest(id);
            foreach (var file in manifest.Files)
            {
                using var stream = OpenFile(id, file);
                using var hashing = new HashingStream(stream);
                hashing.CopyTo(Stream.Null, bufferSize: 1 << 18);
                Check(id, file, hashing);
            }

            problem = null;
            return stored;
        }
        catch (CheckpointDamagedException e)
        {
            problem = e.Problem;
            return null;
        }
        catch (IOException e)       // a disk that can't read its sectors any more
        {
            problem = e.Message;
            return null;
        }
    }

    public CheckpointContent Read(CheckpointId id)
    {
        var (manifest, _) = ReadManifest(id);
        var state = new TrainingState(manifest.Cursor, ReadTensors(id, manifest, CheckpointPlacement.Weights), ReadTensors(id, manifest, CheckpointPlacement.Optimizer));
        return new(id, state, manifest.Model, manifest.ConfigurationHash);
    }

    public void Delete(CheckpointId id)
    {
        string folder = In(CheckpointPlacement.FolderOf(id)), deleted = In(CheckpointPlacement.DeletedOf(id));
        if (Directory.Exists(folder))
        {
            DeleteFolder(deleted);          // an earlier attempt's
            Directory.Move(folder, deleted);
            Posix.FlushFolder(Root);
            Failpoint.Hit(Failpoints.RetireRenamed);
        }

        DeleteFolder(deleted);
    }

    public void Sweep()
    {
        foreach (string name in Folders().Where(CheckpointPlacement.IsLeftover).ToList()) DeleteFolder(In(name));
    }

    private StoredCheckpoint WriteFiles(CheckpointContent content, string folder, CancellationToken cancel)
    {
        var weights = WriteFile(folder, CheckpointPlacement.Weights, stream => Safetensors.Write(stream, content.State.Weights), cancel);
        Failpoint.Hit(Failpoints.CheckpointWeightsWritten);
        var optimizer = WriteFile(folder, CheckpointPlacement.Optimizer, stream => Safetensors.Write(stream, content.State.Optimizer), cancel);
        byte[] json = new CheckpointManifest(
            CheckpointManifest.CurrentFormat, content.Id, content.State.Cursor, content.ConfigurationHash, content.Model, [weights, optimizer]).ToJson();
        var manifest = WriteFile(folder, CheckpointPlacement.Manifest, stream => stream.Write(json), cancel);
        return new(content.Id, manifest.Sha256, weights.Size + optimizer.Size + manifest.Size);
    }

    private CheckpointFile WriteFile(string folder, string name, Action<Stream> write, CancellationToken cancel)
    {
        using var file = new FileStream(Path.Combine(folder, name), FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 1 << 16);
        using var through = Through(file);
        using var hashing = new HashingStream(through, cancel);
        write(hashing);
        file.Flush(flushToDisk: true);
        return new(name, hashing.Count, hashing.Sha256());
    }

    private void Place(CheckpointId id, string temporary, StoredCheckpoint stored)
    {
        string folder = In(CheckpointPlacement.FolderOf(id));
        if (Directory.Exists(folder))
        {
            // Written before, and its commit did not get through: the same bits are the same checkpoint, and stay. Damaged ones make way.
            if (Verify(id, out _) == stored)
            {
                DeleteFolder(temporary);
                return;
            }

            Delete(id);
        }

        Directory.Move(temporary, folder);
        Posix.FlushFolder(Root);
        Failpoint.Hit(Failpoints.CheckpointRenamed);
    }

    private (CheckpointManifest Manifest, StoredCheckpoint Stored) ReadManifest(CheckpointId id)
    {
        byte[] json;
        CheckpointManifest manifest;
        try
        {
            using var stream = OpenFile(id, CheckpointPlacement.Manifest);
            if (stream.Length > MaxManifestBytes) throw new CheckpointDamagedException(id, $"{CheckpointPlacement.Manifest} has {stream.Length} bytes");
            json = new byte[stream.Length];
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
        using var stream = OpenFile(id, file);
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

    private FileStream OpenFile(CheckpointId id, CheckpointFile file)
    {
        var stream = OpenFile(id, file.Name);
        if (stream.Length == file.Size) return stream;
        long length = stream.Length;
        stream.Dispose();
        throw new CheckpointDamagedException(id, $"{file.Name} has {length} bytes instead of {file.Size}");
    }

    private FileStream OpenFile(CheckpointId id, string name)
    {
        try
        {
            return new(Path.Combine(In(CheckpointPlacement.FolderOf(id)), name), FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete,
                bufferSize: 1 << 16, FileOptions.SequentialScan);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new CheckpointDamagedException(id, $"{name} is missing");
        }
    }

    private static void Check(CheckpointId id, CheckpointFile file, HashingStream read)
    {
        if (read.Count != file.Size || read.Sha256() != file.Sha256) throw new CheckpointDamagedException(id, $"{file.Name} does not match its SHA-256");
    }

    private IEnumerable<string> Folders() =>
        Directory.Exists(Root) ? Directory.EnumerateDirectories(Root).Select(path => Path.GetFileName(path)) : [];

    private string In(string name) => Path.Combine(Root, name);

    private static void DeleteFolder(string path)
    {
        if (Directory.Exists(path)) Directory.Delete(path, recursive: true);
    }

    /// <summary>The failure that is on its way says more than one met here; what stays is swept at the next start.</summary>
    private static void RemoveAfterFailure(string temporary)
    {
        try
        {
            DeleteFolder(temporary);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
        }
    }
}
