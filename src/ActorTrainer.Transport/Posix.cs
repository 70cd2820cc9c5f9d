using System.ComponentModel;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace ActorTrainer.Transport;

/// <summary>What .NET's files and sockets can't do.</summary>
internal static unsafe partial class Posix
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

    /// <summary>A file of no folder, in memory, gone with the last who holds it; null where the system has no such files.</summary>
    public static SafeFileHandle? OpenMemory(string name)
    {
        if (!OperatingSystem.IsLinux()) return null;
        var handle = MemFdCreate(name, flags: 1);       // MFD_CLOEXEC
        if (!handle.IsInvalid) return handle;
        handle.Dispose();
        return null;
    }

    /// <summary>Two connected Unix stream sockets.</summary>
    public static (Socket, Socket) SocketPair()
    {
        if (OperatingSystem.IsWindows()) throw new PlatformNotSupportedException("Windows has no socket pairs.");
        int* pair = stackalloc int[2];
        const int unix = 1, stream = 1;
        if (SocketPair(unix, stream, 0, pair) != 0) throw Failure("A socket pair", "be opened");
        return (new(new SafeSocketHandle(pair[0], ownsHandle: true)), new(new SafeSocketHandle(pair[1], ownsHandle: true)));
    }

    /// <summary>
    /// Sends two pieces of memory as one, so that a header wakes nobody before its payload is there. Zero: the socket takes nothing now.
    /// </summary>
    public static int Send(SafeSocketHandle socket, ReadOnlySpan<byte> first, ReadOnlySpan<byte> second, out bool broken)
    {
        const int again = 11, againOnMacOS = 35, interrupted = 4;
        fixed (byte* head = first, tail = second)
        {
            Piece* pieces = stackalloc Piece[2];
            (pieces[0], pieces[1]) = (new(head, first.Length), new(tail, second.Length));
            nint sent = WriteVector(socket, pieces, 2);
            broken = sent < 0 && Marshal.GetLastPInvokeError() is not (again or againOnMacOS or interrupted);
            return (int)Math.Max(sent, 0);
        }
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

    [LibraryImport("libc", EntryPoint = "memfd_create", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial SafeFileHandle MemFdCreate(string name, uint flags);

    [LibraryImport("libc", EntryPoint = "socketpair", SetLastError = true)]
    private static partial int SocketPair(int domain, int type, int protocol, int* pair);

    [LibraryImport("libc", EntryPoint = "writev", SetLastError = true)]
    private static partial nint WriteVector(SafeSocketHandle descriptor, Piece* pieces, int count);

    private readonly struct Piece(byte* start, nint length)
    {
        public readonly byte* Start = start;
        public readonly nint Length = length;
    }
}
