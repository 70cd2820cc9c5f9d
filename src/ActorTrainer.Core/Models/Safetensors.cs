using System.Buffers.Binary;
using System.Collections.Immutable;

namespace ActorTrainer.Core.Models;

/// <summary>What a safetensors file holds.</summary>
/// <param name="Tensors">In ordinal order of their names.</param>
/// <param name="Metadata">The file's own <c>__metadata__</c>; empty where it has none.</param>
public sealed record SafetensorsContent(ImmutableArray<NamedTensor> Tensors, ImmutableSortedDictionary<string, string> Metadata);

/// <summary>
/// The safetensors format: 8 bytes with the length of a JSON header, the header, the tensors' bytes. Files come from strangers, so reading
/// checks every number before it is used; writing is deterministic, so that equal tensors are equal files.
/// </summary>
public static class Safetensors
{
    private const int LengthBytes = 8;

    /// <summary>Throws <see cref="SafetensorsException"/> naming the file.</summary>
    public static SafetensorsContent Read(string path)
    {
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0, FileOptions.SequentialScan);
        try
        {
            return Read(stream, stream.Length);
        }
        catch (SafetensorsException e)
        {
            throw new SafetensorsException($"{path}: {e.Message}", e);
        }
    }

    /// <summary>Reads exactly <paramref name="length"/> bytes, each tensor straight into memory of its own.</summary>
    /// <param name="length">Bytes of the file: what the header claims is checked against it before anything is allocated.</param>
    public static SafetensorsContent Read(Stream stream, long length)
    {
        Span<byte> prefix = stackalloc byte[LengthBytes];
        if (length < LengthBytes) throw new SafetensorsException("too short for a safetensors file");
        Fill(stream, prefix);
        byte[] json = new byte[HeaderBytes(prefix, length)];
        Fill(stream, json);
        var header = SafetensorsHeader.Parse(json, length - LengthBytes - json.Length);
        var tensors = ImmutableArray.CreateBuilder<NamedTensor>(header.Entries.Length);
        foreach (var entry in header.Entries)
        {
            byte[] data = GC.AllocateUninitializedArray<byte>(Length(entry));
            Fill(stream, data);
            tensors.Add(new(entry.Name, entry.Type, entry.Shape, data));
        }

        return new(Sorted(tensors), header.Metadata);
    }

    /// <summary>The tensors are views of <paramref name="file"/>: nothing is copied.</summary>
    public static SafetensorsContent Read(ReadOnlyMemory<byte> file)
    {
        if (file.Length < LengthBytes) throw new SafetensorsException("too short for a safetensors file");
        int headerBytes = HeaderBytes(file.Span[..LengthBytes], file.Length);
        var data = file[(LengthBytes + headerBytes)..];
        var header = SafetensorsHeader.Parse(file.Span.Slice(LengthBytes, headerBytes), data.Length);
        return new(Sorted(header.Entries.Select(entry => new NamedTensor(entry.Name, entry.Type, entry.Shape, data.Slice((int)entry.Begin, Length(entry))))), header.Metadata);
    }

    /// <summary>Writes names in ordinal order behind a header padded to 8 bytes: one file for one content, whatever the order of <paramref name="tensors"/>.</summary>
    public static void Write(Stream stream, IEnumerable<NamedTensor> tensors, IReadOnlyDictionary<string, string>? metadata = null)
    {
        var sorted = Sorted(tensors);
        for (int i = 0; i < sorted.Length; i++)
        {
            var tensor = sorted[i];
            if (tensor.Type.Bytes(tensor.Shape.AsSpan()) != tensor.Data.Length)
                throw new ArgumentException($"'{tensor.Name}' is {tensor.Type.TorchName()} [{string.Join(", ", tensor.Shape)}] but has {tensor.Data.Length} bytes.", nameof(tensors));
            if (tensor.Name == SafetensorsHeader.MetadataKey) throw new ArgumentException($"No tensor can be called '{tensor.Name}'.", nameof(tensors));
            if (i > 0 && sorted[i - 1].Name == tensor.Name) throw new ArgumentException($"'{tensor.Name}' is there twice.", nameof(tensors));
        }

        byte[] header = SafetensorsHeader.Format(sorted, metadata);
        Span<byte> prefix = stackalloc byte[LengthBytes];
        BinaryPrimitives.WriteInt64LittleEndian(prefix, header.Length);
        stream.Write(prefix);
        stream.Write(header);
        foreach (var tensor in sorted) stream.Write(tensor.Data.Span);
    }

    private static ImmutableArray<NamedTensor> Sorted(IEnumerable<NamedTensor> tensors) => [.. tensors.OrderBy(tensor => tensor.Name, StringComparer.Ordinal)];

    private static int HeaderBytes(ReadOnlySpan<byte> prefix, long length)
    {
        ulong bytes = BinaryPrimitives.ReadUInt64LittleEndian(prefix);
        if (bytes > SafetensorsHeader.MaxBytes || bytes > (ulong)(length - LengthBytes))
            throw new SafetensorsException($"the header is said to have {bytes} bytes in a file of {length}: not a safetensors file, or cut");
        return (int)bytes;
    }

    private static int Length(SafetensorsEntry entry) =>
        entry.End - entry.Begin is var bytes && bytes <= Array.MaxLength ? (int)bytes : throw new SafetensorsException($"'{entry.Name}' has {bytes} bytes, more than one block of memory can hold");

    private static void Fill(Stream stream, Span<byte> bytes)
    {
        if (stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false) != bytes.Length)
            throw new SafetensorsException("the file ends before its tensors do");
    }
}

/// <summary>Bytes that are not a safetensors file. The message is for a person.</summary>
public sealed class SafetensorsException(string message, Exception? inner = null) : FormatException(message, inner);
