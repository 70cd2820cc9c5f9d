using System.Buffers.Binary;
using System.Text;
using ActorTrainer.Core.Data;
using Microsoft.Win32.SafeHandles;

namespace ActorTrainer.Data.Sources;

/// <param name="Path">As stored, with '/'.</param>
/// <param name="HeaderOffset">Of the local header in the archive.</param>
/// <param name="Method">0 stored, 8 deflated.</param>
internal readonly record struct ZipEntry(string Path, long Size, long CompressedSize, long HeaderOffset, uint Crc, ushort Method);

/// <summary>
/// A zip's central directory, read by offset so that threads can read entries side by side (System.IO.Compression's archive has one position for all).
/// Every number in it is hostile until checked; an entry whose name leads out of the archive condemns the whole file.
/// Format: PKWARE APPNOTE 6.3.10, with zip64.
/// </summary>
internal static class ZipDirectory
{
    private const uint EndSignature = 0x06054b50, Zip64LocatorSignature = 0x07064b50, Zip64EndSignature = 0x06064b50, EntrySignature = 0x02014b50;
    private const int EndLength = 22, LocatorLength = 20, Zip64EndLength = 56, EntryLength = 46;
    private const ushort EncryptedFlag = 1, Zip64Extra = 1;
    private const int LinkType = 0xA, UnixSystem = 3;
    private static readonly UTF8Encoding StrictUtf8 = new(false, throwOnInvalidBytes: true);

    public static List<ZipEntry> Read(SafeFileHandle archive, string name)
    {
        long length = RandomAccess.GetLength(archive);
        var (offset, size, count) = FindDirectory(archive, length, name);
        if (offset < 0 || size < 0 || offset > length - size || size > int.MaxValue || count < 0 || count > size / EntryLength) throw Damaged(name, "its directory does not fit into the file");
        byte[] directory = ReadAt(archive, offset, (int)size, name);
        var entries = new List<ZipEntry>((int)count);
        var seen = new HashSet<string>(StringComparer.Ordinal);
        long left = length;
        int at = 0;
        for (long i = 0; i < count; i++)
        {
            if (directory.Length - at < EntryLength || U32(directory, at) != EntrySignature) throw Damaged(name, $"entry {i} of its directory is not one");
            int pathLength = U16(directory, at + 28), extraLength = U16(directory, at + 30), next = at + EntryLength + pathLength + extraLength + U16(directory, at + 32);
            if (next > directory.Length) throw Damaged(name, $"entry {i} of its directory is cut off");
            string path = Decode(directory.AsSpan(at + EntryLength, pathLength)).Replace('\\', '/');
            RequireInside(path, name);
            if (directory[at + 5] == UnixSystem && U32(directory, at + 38) >> 28 == LinkType)
                throw new DataException($"{name}: '{path}' is a symbolic link; links in archives are not followed. Store the file itself.");
            if (!path.EndsWith('/'))
            {
                if (!seen.Add(path)) throw new DataException($"{name}: '{path}' is in it twice.");
                var entry = Entry(directory, at, path, directory.AsSpan(at + EntryLength + pathLength, extraLength), name);
                // Entries that share their bytes make a small file unpack to a boundless one.
                if ((left -= entry.CompressedSize) < 0) throw Damaged(name, "its entries overlap");
                entries.Add(entry);
            }

            at = next;
        }

        return entries;
    }

    private static ZipEntry Entry(byte[] directory, int at, string path, ReadOnlySpan<byte> extra, string name)
    {
        if ((U16(directory, at + 8) & EncryptedFlag) != 0) throw new DataException($"{name}: '{path}' is encrypted. Store the pictures without a password.");
        long compressed = U32(directory, at + 20), size = U32(directory, at + 24), offset = U32(directory, at + 42);
        // Fields that are all ones stand, in this order, in the zip64 extra field instead.
        var wide = FindExtra(extra, Zip64Extra);
        Widen(ref size, ref wide);
        Widen(ref compressed, ref wide);
        Widen(ref offset, ref wide);
        if (size < 0 || compressed < 0 || offset < 0) throw Damaged(name, $"sizes of '{path}' are impossible");
        return new(path, size, compressed, offset, U32(directory, at + 16), (ushort)U16(directory, at + 10));

        static void Widen(ref long value, ref ReadOnlySpan<byte> wide)
        {
            if (value != uint.MaxValue || wide.Length < 8) return;
            value = BinaryPrimitives.ReadInt64LittleEndian(wide);
            wide = wide[8..];
        }
    }

    private static (long Offset, long Size, long Count) FindDirectory(SafeFileHandle archive, long length, string name)
    {
        int tail = (int)Math.Min(length, EndLength + ushort.MaxValue);
        byte[] end = ReadAt(archive, length - tail, tail, name);
        for (int at = tail - EndLength; at >= 0; at--)
        {
            if (U32(end, at) != EndSignature || at + EndLength + U16(end, at + 20) > tail) continue;
            var found = (Offset: (long)U32(end, at + 16), Size: (long)U32(end, at + 12), Count: (long)U16(end, at + 10));
            if (at < LocatorLength || U32(end, at - LocatorLength) != Zip64LocatorSignature) return found;
            long wideAt = I64(end, at - LocatorLength + 8);
            if (wideAt < 0 || wideAt > length - Zip64EndLength) throw Damaged(name, "its zip64 directory is outside the file");
            byte[] wide = ReadAt(archive, wideAt, Zip64EndLength, name);
            return U32(wide, 0) == Zip64EndSignature ? (I64(wide, 48), I64(wide, 40), I64(wide, 32)) : throw Damaged(name, "its zip64 directory is not one");
        }

        throw Damaged(name, "it has no directory at its end; it was cut off or is not a zip");
    }

    private static void RequireInside(string path, string name)
    {
        bool drive = path.Length >= 2 && path[1] == ':';
        if (path.Length == 0 || path[0] == '/' || drive || path.Contains('\0') || path.Split('/').Contains(".."))
            throw new DataException($"{name}: the entry '{path.Replace('\0', '?')}' leads out of the archive. Nothing was read; don't trust this file.");
    }

    private static ReadOnlySpan<byte> FindExtra(ReadOnlySpan<byte> extra, ushort id)
    {
        while (extra.Length >= 4)
        {
            int length = Math.Min(BinaryPrimitives.ReadUInt16LittleEndian(extra[2..]), extra.Length - 4);
            if (BinaryPrimitives.ReadUInt16LittleEndian(extra) == id) return extra.Slice(4, length);
            extra = extra[(4 + length)..];
        }

        return [];
    }

    // Names are UTF-8 whether or not the flag says so; what is not valid UTF-8 is taken byte by byte, so that every name is readable and distinct.
    private static string Decode(ReadOnlySpan<byte> path)
    {
        try
        {
            return StrictUtf8.GetString(path);
        }
        catch (DecoderFallbackException)
        {
            return Encoding.Latin1.GetString(path);
        }
    }

    private static byte[] ReadAt(SafeFileHandle archive, long offset, int count, string name)
    {
        byte[] bytes = new byte[count];
        for (int done = 0; done < count;)
        {
            int read = RandomAccess.Read(archive, bytes.AsSpan(done), offset + done);
            if (read == 0) throw Damaged(name, "it ends too early");
            done += read;
        }

        return bytes;
    }

    private static DataException Damaged(string name, string how) => new($"{name} is not a readable zip: {how}.");

    private static int U16(byte[] bytes, int at) => BinaryPrimitives.ReadUInt16LittleEndian(bytes.AsSpan(at));

    private static uint U32(byte[] bytes, int at) => BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(at));

    private static long I64(byte[] bytes, int at) => BinaryPrimitives.ReadInt64LittleEndian(bytes.AsSpan(at));
}
