using System.Buffers;
using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using ActorTrainer.Core.Registry;
using Microsoft.AspNetCore.Http;

namespace ActorTrainer.Api.Inference;

/// <summary>An answer of the Open Inference Protocol: the tensors that were asked for, in JSON or after it.</summary>
/// <param name="Probabilities">N x K row-major, in the order of <paramref name="Labels"/>.</param>
/// <param name="Labels">K: every row of the tensor is these.</param>
internal sealed record InferenceResponse(ModelVersionId Version, string? Id, float[] Probabilities, ImmutableArray<string> Labels, ImmutableArray<WantedOutput> Outputs) : IResult
{
    private int Rows => Probabilities.Length / Labels.Length;

    public async Task ExecuteAsync(HttpContext context)
    {
        var json = new ArrayBufferWriter<byte>();
        var tail = ImmutableArray.CreateBuilder<byte[]>();
        using (var writer = new Utf8JsonWriter(json)) Write(writer, tail);
        if (tail.Count > 0) context.Response.Headers[InferenceRequest.JsonLengthHeader] = json.WrittenCount.ToString(CultureInfo.InvariantCulture);
        context.Response.ContentType = tail.Count > 0 ? "application/octet-stream" : "application/json";
        context.Response.ContentLength = json.WrittenCount + tail.Sum(bytes => (long)bytes.Length);
        await context.Response.Body.WriteAsync(json.WrittenMemory, context.RequestAborted).ConfigureAwait(false);
        foreach (byte[] bytes in tail) await context.Response.Body.WriteAsync(bytes, context.RequestAborted).ConfigureAwait(false);
    }

    private void Write(Utf8JsonWriter writer, ImmutableArray<byte[]>.Builder tail)
    {
        writer.WriteStartObject();
        writer.WriteString("model_name", Version.Model.Value);
        writer.WriteString("model_version", Version.Version);
        if (Id is not null) writer.WriteString("id", Id);
        writer.WriteStartArray("outputs");
        foreach (var output in Outputs)
        {
            bool isLabels = output.Name == InferenceRequest.Labels;
            writer.WriteStartObject();
            writer.WriteString("name", output.Name);
            writer.WriteString("datatype", isLabels ? "BYTES" : "FP32");
            writer.WriteStartArray("shape");
            writer.WriteNumberValue(Rows);
            writer.WriteNumberValue(Labels.Length);
            writer.WriteEndArray();
            if (output.Binary)
            {
                byte[] bytes = isLabels ? LabelBytes() : MemoryMarshal.AsBytes<float>(Probabilities).ToArray();
                tail.Add(bytes);
                writer.WriteStartObject("parameters");
                writer.WriteNumber("binary_data_size", bytes.Length);
                writer.WriteEndObject();
            }
            else
            {
                writer.WriteStartArray("data");
                if (isLabels) for (int row = 0; row < Rows; row++) foreach (string label in Labels) writer.WriteStringValue(label);
                else foreach (float probability in Probabilities) writer.WriteNumberValue(probability);
                writer.WriteEndArray();
            }

            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    /// <summary>Each with its length before it, four bytes little-endian.</summary>
    private byte[] LabelBytes()
    {
        using var row = new MemoryStream();
        Span<byte> length = stackalloc byte[sizeof(int)];
        foreach (string label in Labels)
        {
            byte[] text = Encoding.UTF8.GetBytes(label);
            BinaryPrimitives.WriteInt32LittleEndian(length, text.Length);
            row.Write(length);
            row.Write(text);
        }

        return [.. Enumerable.Repeat(row.ToArray(), Rows).SelectMany(bytes => bytes)];
    }
}
