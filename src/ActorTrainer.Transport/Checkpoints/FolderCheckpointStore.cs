using System.Collections.Immutable;
using ActorTrainer.Core.Checkpoints;
using ActorTrainer.Core.Experiments;

namespace ActorTrainer.Transport.Checkpoints;

/// <summary>
/// Checkpoints as folders of one folder. Written as <c>&lt;generation&gt;-&lt;step&gt;.tmp</c>, flushed file by file and as a folder, renamed, the parent flushed:
/// whoever finds the name finds the whole. Any number of processes may read; one writes.
/// </summary>
/// <param name="root">Made by the first write.</param>
public sealed class FolderCheckpointStore(string root) : ICheckpointStore
{
    private readonly CheckpointFormat _format = new((CheckpointId id, string name, out long length) =>
        OpenFile(Path.Combine(Path.GetFullPath(root), CheckpointPlacement.FolderOf(id), name), out length));

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
            var stored = CheckpointFormat.Write(content, name => new FileInWriting(Path.Combine(temporary, name), Through), cancel);
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
            problem = null;
            return _format.Verify(id);
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

    public CheckpointContent Read(CheckpointId id) => _format.Read(id);

    public CheckpointManifest Describe(CheckpointId id) => _format.Describe(id);

    public Stream OpenWeights(CheckpointId id) => _format.OpenWeights(id);

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

    public void Sweep(Generation before)
    {
        foreach (string name in Folders().Where(name => CheckpointPlacement.IsLeftover(name, out var of) && of.Generation < before).ToList()) DeleteFolder(In(name));
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

    private static FileStream OpenFile(string path, out long length)
    {
        try
        {
            var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, bufferSize: 1 << 16, FileOptions.SequentialScan);
            length = stream.Length;
            return stream;
        }
        catch (DirectoryNotFoundException e)
        {
            throw new FileNotFoundException(e.Message, path, e);
        }
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

    private sealed class FileInWriting : IFileInWriting
    {
        private readonly FileStream _file;

        public FileInWriting(string path, Func<FileStream, Stream> through)
        {
            _file = new(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 1 << 16);
            Stream = through(_file);
        }

        public Stream Stream { get; }

        public void Complete() => _file.Flush(flushToDisk: true);

        public void Dispose()
        {
            Stream.Dispose();
            _file.Dispose();
        }
    }
}
