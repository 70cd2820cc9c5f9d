using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using static ActorTrainer.Api.Inference.InferenceRequest;

namespace ActorTrainer.Api.Inference;

/// <summary>
/// A request as JSON, with the extension for binary data: what the JSON leaves out of its tensors follows it, and the header <see cref="LengthHeader"/> says where.
/// </summary>
internal static class JsonRequest
{
    public const string LengthHeader = "Inference-Header-Content-Length";

    /// <summary>Throws <see cref="BodyException"/>.</summary>
    public static async Task<InferenceRequest> ReadAsync(HttpRequest request)
    {
        using var body = new MemoryStream();
        await request.Body.CopyToAsync(body, request.HttpContext.RequestAborted).ConfigureAwait(false);
        var bytes = new ReadOnlyMemory<byte>(body.GetBuffer(), 0, (int)body.Length);
        string split = request.Headers[LengthHeader].ToString();
        int length = bytes.Length;
        if (split.Length > 0 && (!int.TryParse(split, NumberStyles.None, CultureInfo.InvariantCulture, out length) || length > bytes.Length))
            throw Wrong($"{LengthHeader}: a number of bytes, at most those of the body.");
        try
        {
            using var json = JsonDocument.Parse(bytes[..length]);
            return Read(json.RootElement, bytes[length..]);
        }
        catch (JsonException)
        {
            throw Wrong("The body is not JSON.");
        }
        catch (InvalidOperationException)
        {
            // JSON may escape half of a surrogate pair, in names too: it is found where the text is asked for.
            throw Wrong("A text in the body is not Unicode.");
        }
    }

    private static InferenceRequest Read(JsonElement root, ReadOnlyMemory<byte> binary)
    {
        if (root.ValueKind != JsonValueKind.Object) throw Wrong("The body is not a JSON object.");
        if (Member(root, "inputs", JsonValueKind.Array) is not { } inputs || inputs.GetArrayLength() != 1 || inputs[0].ValueKind != JsonValueKind.Object) throw NotOneInput();
        var input = inputs[0];
        CheckInput(Text(input, "name"), Text(input, "datatype"), Parameter(input, SharedMemory) is not null);
        var shape = CheckedShape(SidesOf(input));
        return new(IdOf(root), shape, PixelsOf(input, LengthOf(shape), binary), OutputsOf(root), Parameter(root, TimeLimit) is { } timeout ? CheckedPatience(Number(timeout)) : null);
    }

    /// <summary>It must come back as it was sent, so it can't be passed over where it is no text.</summary>
    private static string? IdOf(JsonElement root) =>
        root.TryGetProperty("id", out var id) ? id.ValueKind == JsonValueKind.String ? id.GetString() : throw Wrong("The id is a text.") : null;

    private static long[]? SidesOf(JsonElement input) => Member(input, "shape", JsonValueKind.Array) is { } sides && sides.EnumerateArray().All(side => Number(side) is not null)
        ? [.. sides.EnumerateArray().Select(side => side.GetInt64())] : null;

    private static ReadOnlyMemory<byte> PixelsOf(JsonElement input, long wanted, ReadOnlyMemory<byte> binary)
    {
        if (Parameter(input, "binary_data_size") is { } size)
        {
            return Number(size) is { } bytes && bytes == wanted && bytes == binary.Length ? binary
                : throw Wrong($"The input '{Input}' has {wanted} values by its shape: as many bytes must follow the JSON, and binary_data_size must say so.");
        }

        if (!binary.IsEmpty) throw Wrong($"{binary.Length} bytes follow the JSON, and no input has a binary_data_size.");
        if (Member(input, "data", JsonValueKind.Array) is not { } data) throw Wrong($"The input '{Input}' has no data.");
        if (wanted > Admission.MaxBodyBytes) throw Wrong($"The input '{Input}' has {wanted} values by its shape, and not as many in its data.");
        byte[] pixels = new byte[wanted];
        int count = 0;
        Flatten(data, pixels, ref count);
        return count == wanted ? pixels : throw Wrong($"The input '{Input}' has {wanted} values by its shape, and {count} in its data.");
    }

    /// <summary>Nested by the shape or flat: both are row-major.</summary>
    private static void Flatten(JsonElement data, byte[] pixels, ref int count)
    {
        foreach (var item in data.EnumerateArray())
        {
            if (item.ValueKind == JsonValueKind.Array)
            {
                Flatten(item, pixels, ref count);
                continue;
            }

            if (item.ValueKind != JsonValueKind.Number || !item.TryGetByte(out byte pixel)) throw Wrong($"The data of '{Input}' are whole numbers from 0 to 255.");
            if (count == pixels.Length) throw Wrong($"The input '{Input}' has {pixels.Length} values by its shape, and more in its data.");
            pixels[count++] = pixel;
        }
    }

    private static ImmutableArray<WantedOutput> OutputsOf(JsonElement root)
    {
        bool binary = Parameter(root, "binary_data_output") is { ValueKind: JsonValueKind.True };
        if (!root.TryGetProperty("outputs", out var outputs)) return All(binary);
        if (outputs.ValueKind != JsonValueKind.Array) throw Wrong("The outputs are a list.");
        return outputs.GetArrayLength() == 0 ? All(binary) : EachOnce(outputs.EnumerateArray().Select(output => OutputOf(output, binary)));
    }

    private static WantedOutput OutputOf(JsonElement output, bool binary) => output.ValueKind != JsonValueKind.Object ? CheckedOutput(null, binary, false, null)
        : CheckedOutput(Text(output, "name"), Parameter(output, "binary_data")?.ValueKind is { } asked ? asked == JsonValueKind.True : binary,
            Parameter(output, SharedMemory) is not null, Parameter(output, Classification) is { } best ? Number(best) ?? 0 : null);

    private static JsonElement? Parameter(JsonElement of, string name) =>
        Member(of, "parameters", JsonValueKind.Object) is { } parameters && parameters.TryGetProperty(name, out var value) ? value : null;

    private static JsonElement? Member(JsonElement of, string name, JsonValueKind kind) =>
        of.TryGetProperty(name, out var value) && value.ValueKind == kind ? value : null;

    private static string? Text(JsonElement of, string name) => Member(of, name, JsonValueKind.String)?.GetString();

    private static long? Number(JsonElement element) => element.ValueKind == JsonValueKind.Number && element.TryGetInt64(out long number) ? number : null;
}
