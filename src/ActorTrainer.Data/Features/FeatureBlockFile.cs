using System.Buffers.Binary;
using System.Collections.Immutable;
using System.IO.Hashing;
using System.Text;
using ActorTrainer.Core.Data;
using Microsoft.Win32.SafeHandles;

namespace ActorTrainer.Data.Features;

/// <summary>What a block's file must be, or it is another's.</summary>
/// <param name="Key">32 bytes: see <see cref="FeatureSource"/>.</param>
/// <param name="Rows">Samples of the block.</param>
/// <param name="RowBytes">Of one sample's features.</param>
internal sealed record FeatureBlockIdentity(ReadOnlyMemory<byte> Key, FeatureBlock Block, int Rows, int RowBytes);

/// <summary>What a row was computed from.</summary>
/// <param name="Crc">CRC-32 of the sample's pixels.</param>
/// <param name="Problem">Why the sample could not be decoded; null: it could.</param>
internal readonly record struct FeatureRow(uint Crc, string? Problem);

/// <summary>
/// A block of features as a file, open for reading by position; little-endian:
/// <code>
///   8 magic, 4 length of the header
///   header: 32 key, 4 variant, 4 index, 4 rows, 4 bytes a row; then for each row 8 XxHash3 of it, 4 CRC-32 of its pixels, a byte "excluded" and its reason
///   16 XxHash128 of all before
///   the rows
/// </code>
/// The header is verified when the file is opened, a row when it is read: whatever has been torn, cut or overwritten is not there. Counted by who uses it, since
/// its file may have gone meanwhile and can't be opened twice.
/// </summary>
internal sealed class FeatureBlockFile
{
    private const ulong Magic = 0x3154414546544341;     // "ACTFEAT1"
    private const int PrefaceBytes = 12, HashBytes = 16;
    private readonly SafeFileHandle _file;
    private readonly FeatureBlockIdentity _identity;
    private readonly ImmutableArray<ulong> _hashes;
    private readonly long _rowsAt;
    private byte[]? _inMemory;
    private int _users = 1;

    private FeatureBlockFile(SafeFileHandle file, FeatureBlockIdentity identity, ImmutableArray<ulong> hashes, ImmutableArray<FeatureRow> rows, long rowsAt) =>
        (_file, _identity, _hashes, Rows, _rowsAt) = (file, identity, hashes, rows, rowsAt);

    public ImmutableArray<FeatureRow> Rows { get; }

    /// <summary>Bytes of all rows.</summary>
    public int Length => _identity.Rows * _identity.RowBytes;

    public bool IsInMemory => _inMemory is not null;

    /// <param name="features">Row after row.</param>
    public static byte[] Content(FeatureBlockIdentity identity, ReadOnlySpan<FeatureRow> rows, ReadOnlySpan<byte> features)
    {
        if (rows.Length != identity.Rows || features.Length != (long)identity.Rows * identity.RowBytes)
            throw new ArgumentException($"{features.Length} bytes are not {identity.Rows} rows of {identity.RowBytes}.", nameof(features));
        var content = new MemoryStream();
        using var writer = new BinaryWriter(content, Encoding.UTF8);
        writer.Write(Magic);
        writer.Write(0);
        writer.Write(identity.Key.Span);
        writer.Write(identity.Block.Variant);
        writer.Write(identity.Block.Index);
        writer.Write(identity.Rows);
        writer.Write(identity.RowBytes);
        for (int row = 0; row < rows.Length; row++)
        {
            writer.Write(XxHash3.HashToUInt64(features.Slice(row * identity.RowBytes, identity.RowBytes)));
            writer.Write(rows[row].Crc);
            writer.Write(rows[row].Problem is not null);
            if (rows[row].Problem is { } problem) writer.Write(problem);
        }

        int end = (int)content.Position;
        writer.Seek(PrefaceBytes - sizeof(int), SeekOrigin.Begin);
        writer.Write(end - PrefaceBytes);
        writer.Seek(end, SeekOrigin.Begin);
        writer.Flush();
        writer.Write(XxHash128.Hash(content.GetBuffer().AsSpan(0, end)));
        writer.Write(features);
        writer.Flush();
        return content.ToArray();
    }

    /// <summary>Null: it is not there, damaged, or another's. Throws <see cref="IOException"/> where it can't be opened for another reason.</summary>
    /// <param name="isDamaged">It is there.</param>
    public static FeatureBlockFile? TryOpen(string path, FeatureBlockIdentity identity, out bool isDamaged)
    {
        isDamaged = false;
        SafeFileHandle file;
        try
        {
            file = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, FileOptions.RandomAccess);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }

        FeatureBlockFile? opened = null;
        try
        {
            return opened = TryRead(file, identity);
        }
        catch (IOException)
        {
            return null;        // its disk does not give it
        }
        finally
        {
            isDamaged = opened is null;
            if (isDamaged) file.Dispose();
        }
    }

    /// <summary>Reads all rows, so that the file is needed no more. False where one is damaged. Before anybody else has it.</summary>
    public bool TryLoad()
    {
        byte[] rows = GC.AllocateUninitializedArray<byte>(Length);
        for (int row = 0; row < _identity.Rows; row++)
        {
            if (!TryRead(row, rows.AsSpan(row * _identity.RowBytes, _identity.RowBytes))) return false;
        }

        _inMemory = rows;
        _file.Dispose();
        return true;
    }

    /// <summary>False where the row is damaged, or its disk does not give it.</summary>
    public bool TryRead(int row, Span<byte> into)
    {
        if (_inMemory is { } rows)
        {
            rows.AsSpan(row * _identity.RowBytes, _identity.RowBytes).CopyTo(into);
            return true;
        }

        try
        {
            return Fill(_file, into, _rowsAt + ((long)row * _identity.RowBytes)) && XxHash3.HashToUInt64(into) == _hashes[row];
        }
        catch (IOException)
        {
            return false;
        }
    }

    /// <summary>One more who uses it. Only by one who keeps it from being closed meanwhile.</summary>
    public void Retain() => Interlocked.Increment(ref _users);

    /// <summary>The last one closes it.</summary>
    public void Release()
    {
        if (Interlocked.Decrement(ref _users) == 0) _file.Dispose();
    }

    private static FeatureBlockFile? TryRead(SafeFileHandle file, FeatureBlockIdentity identity)
    {
        Span<byte> preface = stackalloc byte[PrefaceBytes];
        long length = RandomAccess.GetLength(file), features = (long)identity.Rows * identity.RowBytes;
        if (!Fill(file, preface, 0) || BinaryPrimitives.ReadUInt64LittleEndian(preface) != Magic) return null;
        int header = BinaryPrimitives.ReadInt32LittleEndian(preface[sizeof(ulong)..]);
        if (header < 0 || length != PrefaceBytes + (long)header + HashBytes + features) return null;
        byte[] hashed = new byte[PrefaceBytes + header];
        Span<byte> hash = stackalloc byte[HashBytes];
        if (!Fill(file, hashed, 0) || !Fill(file, hash, hashed.Length) || !XxHash128.Hash(hashed).AsSpan().SequenceEqual(hash)) return null;

        using var reader = new BinaryReader(new MemoryStream(hashed, PrefaceBytes, header), Encoding.UTF8);
        if (!reader.ReadBytes(identity.Key.Length).AsSpan().SequenceEqual(identity.Key.Span)) return null;
        if (new FeatureBlock(reader.ReadInt32(), reader.ReadInt32()) != identity.Block || reader.ReadInt32() != identity.Rows || reader.ReadInt32() != identity.RowBytes) return null;
        var hashes = ImmutableArray.CreateBuilder<ulong>(identity.Rows);
        var rows = ImmutableArray.CreateBuilder<FeatureRow>(identity.Rows);
        for (int row = 0; row < identity.Rows; row++)
        {
            hashes.Add(reader.ReadUInt64());
            rows.Add(new(reader.ReadUInt32(), reader.ReadBoolean() ? reader.ReadString() : null));
        }

        return new(file, identity, hashes.MoveToImmutable(), rows.MoveToImmutable(), hashed.Length + HashBytes);
    }

    private static bool Fill(SafeFileHandle file, Span<byte> into, long offset)
    {
        for (int done = 0; done < into.Length;)
        {
            int read = RandomAccess.Read(file, into[done..], offset + done);
            if (read == 0) return false;
            done += read;
        }

        return true;
    }
}
