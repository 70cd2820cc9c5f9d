using System.Security.Cryptography;
using System.Text;

namespace ActorTrainer.Data.Sources;

/// <summary>What reading one file has told.</summary>
/// <param name="Sha256">Of its content, in hex.</param>
/// <param name="Decoded">It was decoded; else only its header was looked at.</param>
/// <param name="Problem">Why it is no picture; null: it is one.</param>
internal sealed record CheckedFile(FileStamp Stamp, string Sha256, bool Decoded, string? Problem);

/// <summary>
/// What the files of data sets were found to be, so that the next start need not read them all again: a file for each data set, in the user's cache
/// folder. A file of the data set counts as known while its <see cref="FileStamp"/> stands. Nothing depends on the cache: what is damaged, of
/// another version or not readable is as good as not there, writers replace whole files, and the oldest go where there are too many.
/// </summary>
/// <param name="folder">Made when it is needed.</param>
/// <param name="mostBytes">Of all files of the cache together.</param>
public sealed class ManifestCache(string folder, TimeProvider time, long mostBytes = 256 << 20)
{
    private const int MostFiles = 256;

    /// <summary>Another build may see other problems in the same file.</summary>
    private static readonly string Version = $"actortrainer manifest 1 {typeof(ManifestCache).Module.ModuleVersionId}";

    /// <summary>In <see cref="UserCache.Folder"/>; null where there is none.</summary>
    /// <param name="variable">Reads the environment.</param>
    public static ManifestCache? OfUser(Func<string, string?> variable, TimeProvider time) =>
        UserCache.Folder(variable) is { } folder ? new(Path.Combine(folder, "manifests"), time) : null;

    internal DateTimeOffset Now => time.GetUtcNow();

    /// <summary>By path within the data set; empty where nothing is known.</summary>
    internal Dictionary<string, CheckedFile> Load(string location)
    {
        try
        {
            string path = FileOf(location);
            if (!File.Exists(path)) return [];
            byte[] bytes = File.ReadAllBytes(path);
            if (bytes.Length < SHA256.HashSizeInBytes) return [];
            int end = bytes.Length - SHA256.HashSizeInBytes;
            if (!SHA256.HashData(bytes.AsSpan(0, end)).AsSpan().SequenceEqual(bytes.AsSpan(end))) return [];
            File.SetLastWriteTimeUtc(path, Now.UtcDateTime);        // used lately: not the first to go
            return Read(bytes.AsSpan(0, end).ToArray(), location);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    internal void Save(string location, IReadOnlyCollection<KeyValuePair<string, CheckedFile>> files)
    {
        byte[] content = Write(location, files);
        if (content.Length + SHA256.HashSizeInBytes > mostBytes) return;
        try
        {
            Directory.CreateDirectory(folder);
            string path = FileOf(location), temporary = Path.Combine(folder, Path.GetRandomFileName());
            File.WriteAllBytes(temporary, [.. content, .. SHA256.HashData(content)]);
            File.SetLastWriteTimeUtc(temporary, Now.UtcDateTime);
            File.Move(temporary, path, overwrite: true);
            Trim();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // A full disk or a folder of somebody else's: the next start reads the files again, as this one did.
        }
    }

    private string FileOf(string location) => Path.Combine(folder, Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(location)))[..32]);

    private static Dictionary<string, CheckedFile> Read(byte[] content, string location)
    {
        using var reader = new BinaryReader(new MemoryStream(content));
        if (reader.ReadString() != Version || reader.ReadString() != location) return [];
        int count = reader.ReadInt32();
        var files = new Dictionary<string, CheckedFile>(count, StringComparer.Ordinal);
        for (int i = 0; i < count; i++)
        {
            string path = reader.ReadString();
            var stamp = new FileStamp(reader.ReadInt64(), reader.ReadUInt64(), reader.ReadInt64(), reader.ReadInt64());
            string hash = Convert.ToHexStringLower(reader.ReadBytes(SHA256.HashSizeInBytes));
            files[path] = new(stamp, hash, reader.ReadBoolean(), reader.ReadBoolean() ? reader.ReadString() : null);
        }

        return files;
    }

    private static byte[] Write(string location, IReadOnlyCollection<KeyValuePair<string, CheckedFile>> files)
    {
        var content = new MemoryStream();
        using var writer = new BinaryWriter(content);
        writer.Write(Version);
        writer.Write(location);
        writer.Write(files.Count);
        foreach (var (path, file) in files)
        {
            writer.Write(path);
            writer.Write(file.Stamp.Size);
            writer.Write(file.Stamp.Inode);
            writer.Write(file.Stamp.Modified);
            writer.Write(file.Stamp.Changed);
            writer.Write(Convert.FromHexString(file.Sha256));
            writer.Write(file.Decoded);
            writer.Write(file.Problem is not null);
            if (file.Problem is { } problem) writer.Write(problem);
        }

        writer.Flush();
        return content.ToArray();
    }

    /// <summary>The newest stay, as many as there is room for; what a killed writer left goes with the oldest.</summary>
    private void Trim()
    {
        long bytes = 0;
        int count = 0;
        foreach (var file in new DirectoryInfo(folder).EnumerateFiles().OrderByDescending(file => file.LastWriteTimeUtc).ToList())
        {
            if ((bytes += file.Length) > mostBytes || ++count > MostFiles) file.Delete();
        }
    }
}
