using System.ComponentModel;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace ActorTrainer.Transport;

/// <summary>What .NET's files can't do.</summary>
internal static partial class Posix
{
    /// <summary>
    /// Makes a folder's entries (files created in it, renamed, removed) survive a power cut: fsync on the folder. On Windows, where NTFS journals
    /// its entries, nothing.
    /// </summary>
    public static void FlushFolder(string path)
    {
        if (OperatingSystem.IsWindows()) return;
        using var folder = OpenUnlocked(path);
        if (FSync(folder) != 0) throw Failure(path, "be flushed to disk");
    }

    /// <summary>Opens for reading, folders too, without the shared lock that .NET takes and that an exclusive one refuses.</summary>
    public static SafeFileHandle OpenUnlocked(string path)
    {
        var handle = Open(path, flags: 0);      // O_RDONLY, which is 0 everywhere
        return handle.IsInvalid ? throw Failure(path, "be opened") : handle;
    }

    private static IOException Failure(string path, string what)
    {
        int error = Marshal.GetLastPInvokeError();
        return new($"{path} can't {what}: {new Win32Exception(error).Message}", error);
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial SafeFileHandle Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int FSync(SafeFileHandle descriptor);
}
