using System.Buffers;
using System.Buffers.Binary;
using System.Collections.Frozen;
using System.IO.Compression;
using System.IO.Hashing;
using ActorTrainer.Core.Data;
using ActorTrainer.Data.Decoding;
using Microsoft.Win32.SafeHandles;

namespace ActorTrainer.Data.Sources;

/// <summary>The files below a folder inside a zip. Entries are read by offset, so threads don't wait for each other; sizes and CRCs are checked.</summary>
internal sealed class ZipTree : IFileTree
{
    private const uint LocalSignature = 0x04034b50;
    private const int LocalLength = 30;
    private const ushort Stored = 0, Deflated = 8;
    private readonly SafeFileHandle _archive;
    private readonly FrozenDictionary<string, ZipEntry> _entries;

    /// <param name="zip">The archive.</param>
    /// <param name="inside">A folder in it, with '/' between and none at the ends; empty: all of it.</param>
    public ZipTree(string zip, string inside)
    {
        Location = inside.Length == 0 ? zip : $"{zip}/{inside}";
        try
        {
            _archive = File.OpenHandle(zip, options: FileOptions.RandomAccess);
        }
        catch (Exception e) when (e is UnauthorizedAccessException or IOException)
        {
            throw new DataException($"{zip} can't be opened: {e.Message}", e);
        }

        try
        {
            string prefix = inside.Length == 0 ? "" : inside + "/";
            _entries = ZipDirectory.Read(_archive, zip).Where(entry => entry.Path.StartsWith(prefix, StringComparison.Ordinal) && entry.Path.Length > prefix.Length)
                .ToFrozenDictionary(entry => entry.Path[prefix.Length..], StringComparer.Ordinal);
        }
        catch
        {
            _archive.Dispose();
            throw;
        }

        Files = [.. _entries.Select(entry => new TreeFile(entry.Key, entry.Value.Size)).OrderBy(file => file.Path, StringComparer.Ordinal)];
    }

    public string Location { get; }

    public IReadOnlyList<TreeFile> Files { get; }

    public void Read(TreeFile file, FileBytes into)
    {
        var entry = _entries[file.Path];
        var bytes = into.Resize(entry.Size);
        Span<byte> header = stackalloc byte[LocalLength];
        ReadAt(header, entry.HeaderOffset);
        if (BinaryPrimitives.ReadUInt32LittleEndian(header) != LocalSignature) throw new CorruptImageException("its place in the zip is damaged");
        long start = entry.HeaderOffset + LocalLength + BinaryPrimitives.ReadUInt16LittleEndian(header[26..]) + BinaryPrimitives.ReadUInt16LittleEndian(header[28..]);
        switch (entry.Method)
        {
            case Stored when entry.CompressedSize == entry.Size:
                ReadAt(bytes, start);
                break;
            case Deflated:
                Inflate(entry, start, bytes);
                break;
            default:
                throw new CorruptImageException($"compressed in a way that is not supported (method {entry.Method}); use deflate or store");
        }

        if (Crc32.HashToUInt32(bytes) != entry.Crc) throw new CorruptImageException("damaged in the zip (its CRC differs)");
    }

    /// <summary>The archive's: one change of it, and all its files count as changed.</summary>
    public FileStamp? StampOf(TreeFile file) => FileStamp.Of(_archive);

    public void Dispose() => _archive.Dispose();

    private void Inflate(ZipEntry entry, long start, Span<byte> into)
    {
        if (entry.CompressedSize > FileBytes.MaxLength) throw new CorruptImageException($"{entry.CompressedSize:N0} bytes compressed, too many for a picture");
        byte[] compressed = ArrayPool<byte>.Shared.Rent((int)entry.CompressedSize);
        try
        {
            ReadAt(compressed.AsSpan(0, (int)entry.CompressedSize), start);
            using var inflater = new DeflateStream(new MemoryStream(compressed, 0, (int)entry.CompressedSize, writable: false), CompressionMode.Decompress);
            // Never more than the declared size is inflated: a bomb ends here.
            if (inflater.ReadAtLeast(into, into.Length, throwOnEndOfStream: false) < into.Length || inflater.ReadByte() >= 0)
                throw new CorruptImageException("not as long as the zip says");
        }
        catch (InvalidDataException e)
        {
            throw new CorruptImageException("damaged in the zip", e);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(compressed);
        }
    }

    private void ReadAt(Span<byte> into, long offset) => PositionedRead.Exactly(_archive, into, offset, "lies beyond the end of the zip");
}
