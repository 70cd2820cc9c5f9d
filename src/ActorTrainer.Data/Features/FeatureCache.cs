using System.Buffers.Binary;
using ActorTrainer.Core.Data;
using ActorTrainer.Core.Experiments;
using ActorTrainer.Data.Sources;
using Microsoft.Win32.SafeHandles;

namespace ActorTrainer.Data.Features;

/// <summary>
/// Files of features in a folder that several processes share: <c>KEY/VARIANT-BLOCK</c>. Reading takes no lock. Writing and making room do, one of the
/// operating system, which goes with its process: a file gets its name when it is whole, and what a killed writer left is removed by the next. The files that
/// were not used for longest go first. Nothing is flushed to the disk: readers verify what they read.
/// </summary>
/// <param name="folder">Made when it is needed.</param>
public sealed class FeatureCache(string folder, TimeProvider time)
{
    private const string Temporary = ".tmp";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private readonly Lock _here = new();

    /// <summary>In <see cref="UserCache.Folder"/>; null where there is none.</summary>
    /// <param name="variable">Reads the environment.</param>
    public static FeatureCache? OfUser(Func<string, string?> variable, TimeProvider time) =>
        UserCache.Folder(variable) is { } user ? new(Path.Combine(user, "features"), time) : null;

    private string LockFile => Path.Combine(folder, ".lock");

    /// <summary>Holds the bytes that all files together have, or a little more: what vanished otherwise still counts until somebody counts again.</summary>
    private string SizeFile => Path.Combine(folder, ".size");

    /// <summary>Throws <see cref="DataException"/> where the folder can't be written, or its disk has no room for so many bytes besides what others keep there.</summary>
    public void RequireRoom(long bytes)
    {
        long free;
        try
        {
            using var taken = Take();
            free = new DriveInfo(folder).AvailableFreeSpace + (ReadSize() ?? Count());
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DataException($"Features can't be kept in {folder}: {e.Message} Set {UserCache.Variable} to another folder.", e);
        }

        if (free < bytes)
        {
            throw new DataException($"{Mebibytes(bytes)} MiB of features don't fit the disk of {folder}, which has room for {Mebibytes(free)} MiB. " +
                $"Make room, set {UserCache.Variable} to a folder on another disk, or lower features.variants.");
        }
    }

    internal string PathOf(string key, FeatureBlock block) => Path.Combine(folder, key, FormattableString.Invariant($"{block.Variant}-{block.Index}"));

    /// <summary>Whether the file is there; if so, it counts as used just now.</summary>
    internal bool Use(string path)
    {
        try
        {
            File.SetLastWriteTimeUtc(path, time.GetUtcNow().UtcDateTime);
            return true;
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return false;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return File.Exists(path);       // somebody else's: it can be read
        }
    }

    /// <summary>Removes what turned out to be damaged.</summary>
    internal static void Drop(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It is not trusted as long as it stays damaged; whoever writes it anew replaces it.
        }
    }

    /// <summary>Writes a file, after others have made room for it. Throws <see cref="DataException"/>.</summary>
    /// <param name="mostBytes">Of all files together.</param>
    internal void Store(string path, ReadOnlySpan<byte> content, long mostBytes)
    {
        if (content.Length > mostBytes) throw new DataException($"A block of features has {content.Length} bytes, more than the whole cache may have ({mostBytes}): raise resources.feature-cache-mib.");
        try
        {
            using var taken = Take();
            foreach (string left in Directory.EnumerateFiles(folder, "*" + Temporary)) File.Delete(left);
            long bytes = ReadSize() ?? Count();
            if (bytes + content.Length > mostBytes) bytes = MakeRoom(mostBytes - content.Length, mostBytes);
            WriteSize(bytes + content.Length);      // before the file is there: a kill in between leaves it too large, never too small
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            string temporary = Path.Combine(folder, Path.GetRandomFileName() + Temporary);
            File.WriteAllBytes(temporary, content);
            File.SetLastWriteTimeUtc(temporary, time.GetUtcNow().UtcDateTime);
            Failpoint.Hit(Failpoints.FeaturesWritten);
            File.Move(temporary, path, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DataException($"Features can't be kept in {folder}: {e.Message} Make room there, or set {UserCache.Variable} to another folder; the same command goes on.", e);
        }
    }

    /// <summary>Removes the files that were not used for longest, and some more, so that not every block has to look for them.</summary>
    /// <returns>The bytes that are left.</returns>
    private long MakeRoom(long bytes, long mostBytes)
    {
        var files = Files().OrderByDescending(file => file.LastWriteTimeUtc).ToList();
        long kept = 0, wanted = files.Sum(file => file.Length) <= bytes ? bytes : Math.Max(0, bytes - mostBytes / 16);
        bool full = false;
        foreach (var file in files)
        {
            full |= kept + file.Length > wanted;
            if (!full) kept += file.Length;
            else file.Delete();
        }

        foreach (string key in Directory.EnumerateDirectories(folder))
        {
            if (!Directory.EnumerateFileSystemEntries(key).Any()) Directory.Delete(key);
        }

        return kept;
    }

    private IEnumerable<FileInfo> Files() => new DirectoryInfo(folder).EnumerateDirectories().SelectMany(key => key.EnumerateFiles());

    private long Count() => Files().Sum(file => file.Length);

    private long? ReadSize()
    {
        if (!File.Exists(SizeFile)) return null;
        byte[] bytes = File.ReadAllBytes(SizeFile);
        return bytes.Length == sizeof(long) && BinaryPrimitives.ReadInt64LittleEndian(bytes) is >= 0 and var size ? size : null;
    }

    private void WriteSize(long size)
    {
        byte[] bytes = new byte[sizeof(long)];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, size);
        File.WriteAllBytes(SizeFile, bytes);
    }

    private static long Mebibytes(long bytes) => (bytes + (1 << 20) - 1) >> 20;

    private Taken Take()
    {
        Directory.CreateDirectory(folder);
        _here.Enter();
        try
        {
            SafeFileHandle? file = null;
            if (!SpinWait.SpinUntil(() => (file = TryOpen()) is not null, Patience) || file is null)
                throw new IOException($"Another process has held {LockFile} for {Patience.TotalSeconds:0} s.");
            return new(_here, file);
        }
        catch
        {
            _here.Exit();
            throw;
        }
    }

    // No sharing is an exclusive lock of the operating system (flock on Unix), gone with its process.
    private SafeFileHandle? TryOpen()
    {
        try
        {
            return File.OpenHandle(LockFile, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException e) when (OperatingSystem.IsWindows() ? (e.HResult & 0xFFFF) is 32 or 33 : e.GetType() == typeof(IOException) && e.HResult is 11 or 35)
        {
            return null;        // ERROR_SHARING_VIOLATION, ERROR_LOCK_VIOLATION; EWOULDBLOCK on Linux, on macOS
        }
    }

    private sealed class Taken(Lock here, SafeFileHandle file) : IDisposable
    {
        public void Dispose()
        {
            file.Dispose();
            here.Exit();
        }
    }
}
