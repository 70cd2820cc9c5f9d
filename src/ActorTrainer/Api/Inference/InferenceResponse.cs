using System.Buffers;
using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using ActorTrainer.Core.Registry;
using Microsoft.AspNetCore.Http;

namespace ActorTrainer.Api.Inference;

/// <summary>An answer of the Open Inference Protocol: the tensors that were asked for, in JSON or after it.</summary>
internal sealed record InferenceResponse(ModelVersionId Version, string? Id, ImmutableArray<OutputTensor> Outputs) : IResult
{
    public async Task ExecuteAsync(HttpContext context)
    {
        var json = new ArrayBufferWriter<byte>();
        var tail = ImmutableArray.CreateBuilder<byte[]>();
        using (var writer = new Utf8JsonWriter(json)) Write(writer, tail);
        if (tail.Count > 0) context.Response.Headers[JsonRequest.LengthHeader] = json.WrittenCount.ToString(CultureInfo.InvariantCulture);
        context.Response.ContentType = tail.Count > 0 ? "application/octet-stream" : "application/json";
        context.Response.ContentLength = json.WrittenCount + tail.Sum(bytes => (long)bytes.Length);
        await context.Response.Body.WriteAsync(json.WrittenMemory, context.RequestAborted).ConfigureAwait(false);
        foreach (byte[] bytes in tail) await context.Response.Body.WriteAsync(bytes, context.RequestAborted).ConfigureAwait(false);
    }

    /// <param name="tail">What follows the JSON.</param>
    private void Write(Utf8JsonWriter writer, ImmutableArray<byte[]>.Builder tail)
    {
        writer.WriteStartObject();
        writer.WriteString("model_name", Version.Model.Value);
        writer.WriteString("model_version", Version.Version);
        if (Id is not null) writer.WriteString("id", Id);
        writer.WriteStartArray("outputs");
        foreach (var output in Outputs)
        {
            if (output.Write(writer) is { } bytes) tail.Add(bytes);
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    }
}
