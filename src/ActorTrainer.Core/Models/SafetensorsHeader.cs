using System.Collections.Immutable;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace ActorTrainer.Core.Models;

/// <summary>One tensor's entry: its bytes are from <paramref name="Begin"/> up to <paramref name="End"/> after the header.</summary>
internal readonly record struct SafetensorsEntry(string Name, TensorType Type, ImmutableArray<long> Shape, long Begin, long End);

/// <summary>
/// The JSON at the head of a safetensors file, read from strangers: every entry is checked against the others and against the bytes that follow,
/// so that whoever holds one can slice without looking.
/// </summary>
/// <param name="Entries">In the order of their bytes, which they cover without gap or overlap.</param>
internal sealed record SafetensorsHeader(ImmutableArray<SafetensorsEntry> Entries, ImmutableSortedDictionary<string, string> Metadata)
{
    /// <summary>The reference implementation's limit.</summary>
    public const int MaxBytes = 100_000_000;

    public const string MetadataKey = "__metadata__";
    private static readonly JsonReaderOptions Strict = new() { MaxDepth = 4 };
    private static readonly JsonWriterOptions Compact = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <param name="json">The header without its length.</param>
    /// <param name="dataBytes">How many bytes follow it.</param>
    public static SafetensorsHeader Parse(ReadOnlySpan<byte> json, long dataBytes)
    {
        try
        {
            return Checked(ReadAll(json), dataBytes);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException and not SafetensorsException)
        {
            // InvalidOperationException and FormatException are the reader's words for a value of another kind, a broken string or a number out of range.
            throw new SafetensorsException($"the header is not a safetensors header ({e.Message.TrimEnd('.')})", e);
        }
    }

    /// <summary>Names in ordinal order, padded with spaces to a multiple of 8 so that the data begin aligned.</summary>
    public static byte[] Format(IReadOnlyList<NamedTensor> sorted, IReadOnlyDictionary<string, string>? metadata)
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer, Compact))
        {
            writer.WriteStartObject();
            if (metadata is { Count: > 0 })
            {
                writer.WriteStartObject(MetadataKey);
                foreach (var (key, value) in metadata.OrderBy(pair => pair.Key, StringComparer.Ordinal)) writer.WriteString(key, value);
                writer.WriteEndObject();
            }

            long begin = 0;
            foreach (var tensor in sorted)
            {
                writer.WriteStartObject(tensor.Name);
                writer.WriteString("dtype", Code(tensor.Type));
                writer.WriteStartArray("shape");
                foreach (long axis in tensor.Shape) writer.WriteNumberValue(axis);
                writer.WriteEndArray();
                writer.WriteStartArray("data_offsets");
                writer.WriteNumberValue(begin);
                writer.WriteNumberValue(begin += tensor.Data.Length);
                writer.WriteEndArray();
                writer.WriteEndObject();
            }

            writer.WriteEndObject();
        }

        while (buffer.Length % 8 != 0) buffer.WriteByte((byte)' ');
        return buffer.ToArray();
    }

    private static SafetensorsHeader ReadAll(ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json, Strict);
        reader.Read();
        Expect(ref reader, JsonTokenType.StartObject, "the header");
        var entries = ImmutableArray.CreateBuilder<SafetensorsEntry>();
        var names = new HashSet<string>(StringComparer.Ordinal);
        var metadata = ImmutableSortedDictionary<string, string>.Empty;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            string name = reader.GetString()!;
            if (!names.Add(name)) throw new SafetensorsException($"'{name}' is there twice");
            reader.Read();
            if (name == MetadataKey) metadata = ReadMetadata(ref reader);
            else entries.Add(ReadEntry(name, ref reader));
        }

        while (reader.Read()) { }       // anything but white space after the object throws
        return new(entries.DrainToImmutable(), metadata);
    }

    private static SafetensorsEntry ReadEntry(string name, ref Utf8JsonReader reader)
    {
        Expect(ref reader, JsonTokenType.StartObject, $"'{name}'");
        TensorType? type = null;
        ImmutableArray<long>? shape = null, offsets = null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            string key = reader.GetString()!;
            reader.Read();
            switch (key)
            {
                case "dtype" when type is null: type = Parse(name, reader.GetString()); break;
                case "shape" when shape is null: shape = ReadNumbers(name, ref reader); break;
                case "data_offsets" when offsets is null: offsets = ReadNumbers(name, ref reader); break;
                default: throw new SafetensorsException($"'{name}' has an unknown or repeated key '{key}'");
            }
        }

        if (type is not { } dtype || shape is not { } axes || offsets is not [long begin, long end])
            throw new SafetensorsException($"'{name}' needs dtype, shape and two data_offsets");
        if (begin > end || dtype.Bytes(axes.AsSpan()) != end - begin)
            throw new SafetensorsException($"'{name}' is {dtype.TorchName()} [{string.Join(", ", axes)}], which is not the {end - begin} bytes from {begin} to {end}");
        return new(name, dtype, axes, begin, end);
    }

    private static ImmutableArray<long> ReadNumbers(string name, ref Utf8JsonReader reader)
    {
        Expect(ref reader, JsonTokenType.StartArray, $"a list of '{name}'");
        var numbers = ImmutableArray.CreateBuilder<long>();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            long number = reader.GetInt64();
            if (number < 0) throw new SafetensorsException($"'{name}' has the negative number {number}");
            numbers.Add(number);
        }

        return numbers.DrainToImmutable();
    }

    private static ImmutableSortedDictionary<string, string> ReadMetadata(ref Utf8JsonReader reader)
    {
        Expect(ref reader, JsonTokenType.StartObject, MetadataKey);
        var metadata = ImmutableSortedDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            string key = reader.GetString()!;
            reader.Read();
            Expect(ref reader, JsonTokenType.String, $"{MetadataKey}.{key}");
            if (!metadata.TryAdd(key, reader.GetString()!)) throw new SafetensorsException($"{MetadataKey}.{key} is there twice");
        }

        return metadata.ToImmutable();
    }

    private static SafetensorsHeader Checked(SafetensorsHeader header, long dataBytes)
    {
        // By name where two empty tensors share a place: the order must not depend on the sort.
        var entries = header.Entries.Sort((a, b) => (a.Begin, a.End).CompareTo((b.Begin, b.End)) is var place and not 0 ? place : string.CompareOrdinal(a.Name, b.Name));
        long at = 0;
        foreach (var entry in entries)
        {
            if (entry.Begin != at) throw new SafetensorsException($"'{entry.Name}' begins at byte {entry.Begin} of the data, where {at} was expected: tensors overlap or leave a gap");
            at = entry.End;
        }

        if (at != dataBytes) throw new SafetensorsException($"the tensors have {at} bytes, but {dataBytes} follow the header: the file is cut or has something added");
        return header with { Entries = entries };
    }

    private static void Expect(ref Utf8JsonReader reader, JsonTokenType type, string what)
    {
        if (reader.TokenType != type) throw new SafetensorsException($"{what} is {reader.TokenType}, where {type} was expected");
    }

    private static string Code(TensorType type) => type switch
    {
        TensorType.Float32 => "F32",
        TensorType.Float64 => "F64",
        TensorType.BFloat16 => "BF16",
        TensorType.Int64 => "I64",
        TensorType.UInt8 => "U8",
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "unknown dtype"),
    };

    private static TensorType Parse(string name, string? code) => code switch
    {
        "F32" => TensorType.Float32,
        "F64" => TensorType.Float64,
        "BF16" => TensorType.BFloat16,
        "I64" => TensorType.Int64,
        "U8" => TensorType.UInt8,
        _ => throw new SafetensorsException($"'{name}' has dtype '{code}'; F32, F64, BF16, I64 and U8 can be read"),
    };
}
