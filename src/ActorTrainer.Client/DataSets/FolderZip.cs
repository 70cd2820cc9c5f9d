using System.Collections.Immutable;
using System.IO.Compression;
using ActorTrainer.Client.Http;

namespace ActorTrainer.Client;

/// <summary>
/// The files of a folder as a zip that is written forward, never held. Nothing is compressed: pictures hardly shrink, and so the zip's length is known before a file is opened. Order, names and times depend on the files' paths alone.
/// </summary>
internal sealed class FolderZip
{
    /// <summary>The earliest that a zip can say. A file's own time would make another zip of the same files.</summary>
    private static readonly DateTimeOffset Time = new(1980, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly string _folder;
    private readonly ImmutableArray<(string Path, long Length)> _files;

    private FolderZip(string folder, ImmutableArray<(string, long)> files) => (_folder, _files) = (folder, files);

    /// <summary>Looks at the names and lengths. Throws <see cref="IOException"/> where there is no such folder, or no file in it.</summary>
    public static FolderZip Of(string folder)
    {
        var options = new EnumerationOptions { RecurseSubdirectories = false, AttributesToSkip = 0, IgnoreInaccessible = false };
        var files = FilesBelow(new DirectoryInfo(folder), "", [], options).OrderBy(file => file.Path, StringComparer.Ordinal).ToImmutableArray();
        return files.IsEmpty ? throw new IOException($"{folder} has no file in it.") : new(folder, files);
    }

    /// <summary>In bytes. The zip is written as it will be, to nowhere, with zeros for the files' contents.</summary>
    public async Task<long> MeasureAsync(CancellationToken cancel)
    {
        long length = 0;
        await using var counted = new CountingStream(Stream.Null, count => length = count);
        byte[] zeros = new byte[1 << 16];
        await WriteAsync(counted, async (file, to) =>
        {
            for (long left = file.Length; left > 0; left -= zeros.Length) await to.WriteAsync(zeros.AsMemory(0, (int)Math.Min(left, zeros.Length)), cancel).ConfigureAwait(false);
        }, cancel).ConfigureAwait(false);
        return length;
    }

    /// <summary>Throws <see cref="SourceException"/> for a file that can't be read, or is not as long as it was.</summary>
    public Task WriteAsync(Stream to, CancellationToken cancel)
    {
        byte[] buffer = new byte[1 << 16];
        return WriteAsync(to, async (file, entry) =>
        {
            await using var from = Open(file.Path);
            long left = file.Length;
            while (await ReadAsync(from, file.Path, buffer, cancel).ConfigureAwait(false) is var read and > 0)
            {
                if ((left -= read) < 0) throw Changed(file.Path);
                await entry.WriteAsync(buffer.AsMemory(0, read), cancel).ConfigureAwait(false);
            }

            if (left > 0) throw Changed(file.Path);
        }, cancel);
    }

    private async Task WriteAsync(Stream to, Func<(string Path, long Length), Stream, Task> write, CancellationToken cancel)
    {
        // Nothing is closed where it breaks off: closing writes, and what is cut off must not look like a zip.
        var zip = await ZipArchive.CreateAsync(to, ZipArchiveMode.Create, leaveOpen: true, entryNameEncoding: null, cancel).ConfigureAwait(false);
        foreach (var file in _files)
        {
            var entry = zip.CreateEntry(file.Path, CompressionLevel.NoCompression);
            entry.LastWriteTime = Time;
            var content = await entry.OpenAsync(cancel).ConfigureAwait(false);
            await write(file, content).ConfigureAwait(false);
            await content.DisposeAsync().ConfigureAwait(false);
        }

        await zip.DisposeAsync().ConfigureAwait(false);
    }

    private FileStream Open(string path)
    {
        try
        {
            return new(Path.Combine(_folder, path), new FileStreamOptions { Options = FileOptions.Asynchronous | FileOptions.SequentialScan, BufferSize = 0 });
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new SourceException(e);
        }
    }

    private static async Task<int> ReadAsync(FileStream from, string path, byte[] buffer, CancellationToken cancel)
    {
        try
        {
            return await from.ReadAsync(buffer, cancel).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new SourceException(new IOException($"{path} can't be read: {e.Message}", e));
        }
    }

    private static SourceException Changed(string path) => new(new IOException($"{path} has changed while it was sent: upload it again when nobody writes there."));

    /// <param name="above">The folders that it was come to by, as they are without links: one that leads back to them is not followed.</param>
    private static IEnumerable<(string Path, long Length)> FilesBelow(DirectoryInfo folder, string prefix, ImmutableHashSet<string> above, EnumerationOptions options)
    {
        string place = (folder.ResolveLinkTarget(returnFinalTarget: true) ?? folder).FullName;
        if (above.Contains(place)) yield break;
        foreach (var entry in folder.EnumerateFileSystemInfos("*", options).Where(entry => !entry.Name.StartsWith('.')))
        {
            string path = prefix + entry.Name;
            if (entry is DirectoryInfo below)
            {
                foreach (var file in FilesBelow(below, path + "/", above.Add(place), options)) yield return file;
            }
            else if (LengthOf((FileInfo)entry) is { } length)
            {
                yield return (path, length);
            }
        }
    }

    /// <summary>Of what a link leads to, as it is what is read; null: it leads to no file.</summary>
    private static long? LengthOf(FileInfo file) => file.LinkTarget is null ? file.Length : file.ResolveLinkTarget(returnFinalTarget: true) is FileInfo { Exists: true } target ? target.Length : null;
}
