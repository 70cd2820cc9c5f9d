using System.IO.Enumeration;
using ActorTrainer.Core.Data;

namespace ActorTrainer.Data.Sources;

/// <summary>The files below a folder. Links to folders are followed, as deep as <see cref="MaxDepth"/>.</summary>
internal sealed class FolderTree : IFileTree
{
    private const int MaxDepth = 32;

    public FolderTree(string folder)
    {
        Location = Path.GetFullPath(folder);
        var options = new EnumerationOptions { RecurseSubdirectories = true, MaxRecursionDepth = MaxDepth, IgnoreInaccessible = false, AttributesToSkip = FileAttributes.None };
        var files = new FileSystemEnumerable<TreeFile>(Location, Describe, options)
        {
            ShouldIncludePredicate = (ref entry) => !entry.IsDirectory,
            ShouldRecursePredicate = (ref entry) => entry.FileName is not [] and not ['.', ..],
        };
        try
        {
            TreeFile[] found = [.. files];
            Array.Sort(found, (a, b) => string.CompareOrdinal(a.Path, b.Path));
            Files = found;
        }
        catch (Exception e) when (e is UnauthorizedAccessException or IOException)
        {
            throw new DataException($"{Location} can't be listed: {e.Message}", e);
        }
    }

    private FolderTree(string folder, TreeFile file) => (Location, Files) = (folder, [file]);

    /// <summary>A tree of one file.</summary>
    public static FolderTree OfFile(string path)
    {
        string full = Path.GetFullPath(path);
        return new(Path.GetDirectoryName(full)!, new(Path.GetFileName(full), new FileInfo(full).Length));
    }

    public string Location { get; }

    public IReadOnlyList<TreeFile> Files { get; }

    public void Read(TreeFile file, FileBytes into)
    {
        try
        {
            using var handle = File.OpenHandle(Path.Combine(Location, file.Path), options: FileOptions.SequentialScan);
            var bytes = into.Resize(RandomAccess.GetLength(handle));
            for (int done = 0; done < bytes.Length;)
            {
                int read = RandomAccess.Read(handle, bytes[done..], done);
                if (read == 0) throw new IOException($"{file.Path} ended at byte {done} of {bytes.Length} while it was read");
                done += read;
            }
        }
        catch (UnauthorizedAccessException e)
        {
            // Not the file's fault: skipping it would make the result depend on who runs this.
            throw new DataException($"{Location}/{file.Path} may not be read by this user. Change its permissions.", e);
        }
    }

    public FileStamp? StampOf(TreeFile file) => FileStamp.Of(Path.Combine(Location, file.Path));

    public void Dispose() { }

    private TreeFile Describe(ref FileSystemEntry entry)
    {
        string path = Path.GetRelativePath(Location, entry.ToFullPath());
        return new(Path.DirectorySeparatorChar == '/' ? path : path.Replace(Path.DirectorySeparatorChar, '/'), SizeOf(ref entry));
    }

    // A link's own length is its target's name; the file behind it counts.
    private static long SizeOf(ref FileSystemEntry entry) =>
        (entry.Attributes & FileAttributes.ReparsePoint) != 0 && File.ResolveLinkTarget(entry.ToFullPath(), returnFinalTarget: true) is FileInfo { Exists: true } target
            ? target.Length
            : entry.Length;
}
