using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace ActorTrainer.Data.Sources;

/// <summary>
/// By what a file system says without reading a file, whether it is still the same. Times in nanoseconds since 1970: of the content, and of the last
/// change of anything (which nobody can set back).
/// </summary>
internal readonly partial record struct FileStamp(long Size, ulong Inode, long Modified, long Changed)
{
    /// <summary>Within this time of a change another can come that leaves the same times: file systems count in ticks.</summary>
    private static readonly TimeSpan Unsettled = TimeSpan.FromSeconds(2);

    /// <summary>Null where the system doesn't tell.</summary>
    public static FileStamp? Of(string path) => Ask(AtWorkingFolder, path, 0);

    /// <summary>Of an open file, whatever stands under its name by now.</summary>
    public static FileStamp? Of(SafeFileHandle file)
    {
        bool held = false;
        try
        {
            file.DangerousAddRef(ref held);
            return Ask((int)file.DangerousGetHandle(), "", EmptyPath);
        }
        finally
        {
            if (held) file.DangerousRelease();
        }
    }

    /// <summary>Whether a change after <paramref name="now"/> is sure to show in the stamp.</summary>
    public bool IsSettled(DateTimeOffset now) => now - DateTimeOffset.UnixEpoch - TimeSpan.FromMicroseconds(Math.Max(Modified, Changed) / 1000.0) >= Unsettled;

    private const int AtWorkingFolder = -100, EmptyPath = 0x1000, Length = 256;

    /// <summary>STATX_MTIME, _CTIME, _INO and _SIZE.</summary>
    private const uint Wanted = 0x40 | 0x80 | 0x100 | 0x200;

    private static FileStamp? Ask(int folder, string path, int flags)
    {
        if (!OperatingSystem.IsLinux()) return null;
        Span<byte> answer = stackalloc byte[Length];
        try
        {
            if (StatX(folder, path, flags, Wanted, answer) != 0) return null;
        }
        catch (EntryPointNotFoundException)
        {
            return null;        // a C library without statx
        }

        // struct statx has one layout on every architecture, in the machine's byte order: little-endian on all that .NET runs libtorch on.
        return (BinaryPrimitives.ReadUInt32LittleEndian(answer) & Wanted) != Wanted ? null : new(
            BinaryPrimitives.ReadInt64LittleEndian(answer[40..]), BinaryPrimitives.ReadUInt64LittleEndian(answer[32..]), Time(answer[112..]), Time(answer[96..]));
    }

    private static long Time(ReadOnlySpan<byte> at) =>
        BinaryPrimitives.ReadInt64LittleEndian(at) * 1_000_000_000 + BinaryPrimitives.ReadUInt32LittleEndian(at[8..]);

    [LibraryImport("libc", EntryPoint = "statx", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int StatX(int folder, string path, int flags, uint mask, Span<byte> answer);
}
