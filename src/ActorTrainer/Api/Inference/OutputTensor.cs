using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;

namespace ActorTrainer.Api.Inference;

/// <summary>A tensor of an answer: numbers or, where there are none, texts. Row-major, a row a picture.</summary>
internal sealed record OutputTensor(WantedOutput Wanted, int Rows, int Columns, float[]? Numbers, ImmutableArray<string> Texts)
{
    public const string NumberType = "FP32", TextType = "BYTES";

    public string DataType => Numbers is null ? TextType : NumberType;

    /// <param name="probabilities">N x K, in the order of the labels.</param>
    public static OutputTensor Of(WantedOutput wanted, float[] probabilities, ImmutableArray<string> labels)
    {
        int rows = probabilities.Length / labels.Length;
        if (wanted.Name == InferenceRequest.Labels) return new(wanted, rows, labels.Length, null, [.. Enumerable.Repeat(labels, rows).SelectMany(row => row)]);
        if (wanted.Best is not { } asked) return new(wanted, rows, labels.Length, probabilities, []);
        int best = Math.Min(asked, labels.Length);
        return new(wanted, rows, best, null, [.. Enumerable.Range(0, rows).SelectMany(row => Best(probabilities.AsSpan(row * labels.Length, labels.Length), labels, best))]);
    }

    /// <summary>Little-endian; texts each with its length before it, in four bytes.</summary>
    public byte[] Bytes() => Numbers is null ? TextBytes() : MemoryMarshal.AsBytes<float>(Numbers).ToArray();

    /// <summary>Returns what follows the JSON; null: all of it stands there.</summary>
    public byte[]? Write(Utf8JsonWriter writer)
    {
        byte[]? bytes = Wanted.Binary ? Bytes() : null;
        writer.WriteStartObject();
        writer.WriteString("name", Wanted.Name);
        writer.WriteString("datatype", DataType);
        writer.WriteStartArray("shape");
        writer.WriteNumberValue(Rows);
        writer.WriteNumberValue(Columns);
        writer.WriteEndArray();
        if (bytes is null)
        {
            writer.WriteStartArray("data");
            foreach (string text in Texts) writer.WriteStringValue(text);
            foreach (float number in Numbers ?? []) writer.WriteNumberValue(number);
            writer.WriteEndArray();
        }
        else
        {
            writer.WriteStartObject("parameters");
            writer.WriteNumber("binary_data_size", bytes.Length);
            writer.WriteEndObject();
        }

        writer.WriteEndObject();
        return bytes;
    }

    /// <summary>As the extension for classification writes them: VALUE:INDEX:LABEL, the largest first.</summary>
    private static IEnumerable<string> Best(ReadOnlySpan<float> row, ImmutableArray<string> labels, int best)
    {
        float[] values = row.ToArray();
        return Enumerable.Range(0, values.Length).OrderByDescending(index => values[index]).Take(best)
            .Select(index => string.Create(CultureInfo.InvariantCulture, $"{values[index]}:{index}:{labels[index]}"));
    }

    private byte[] TextBytes()
    {
        using var bytes = new MemoryStream();
        Span<byte> length = stackalloc byte[sizeof(int)];
        foreach (string text in Texts)
        {
            byte[] encoded = Encoding.UTF8.GetBytes(text);
            BinaryPrimitives.WriteInt32LittleEndian(length, encoded.Length);
            bytes.Write(length);
            bytes.Write(encoded);
        }

        return bytes.ToArray();
    }
}
