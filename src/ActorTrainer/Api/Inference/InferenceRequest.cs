using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using ActorTrainer.Core.Models;
using Microsoft.AspNetCore.Http;

namespace ActorTrainer.Api.Inference;

/// <summary>An output that is wanted, and how.</summary>
/// <param name="Best">Instead of the tensor, its so many largest values, each with its class; null: the tensor.</param>
internal readonly record struct WantedOutput(string Name, bool Binary, int? Best = null);

/// <summary>
/// A request of the Open Inference Protocol, with the extensions for binary data and classification. What the JSON leaves out of its tensors follows it, and the
/// header <see cref="JsonLengthHeader"/> says where. Parameters that are not known here are passed over, as the protocol has it, except those that would have the
/// answer somewhere else.
/// </summary>
/// <param name="Shape">Of the input: N, H, W, C.</param>
/// <param name="Pixels">Row-major.</param>
/// <param name="Patience">How long the sender waits; null: it does not say.</param>
internal sealed record InferenceRequest(string? Id, ImmutableArray<int> Shape, ReadOnlyMemory<byte> Pixels, ImmutableArray<WantedOutput> Outputs, TimeSpan? Patience)
{
    public const string JsonLengthHeader = "Inference-Header-Content-Length", Input = "image", Probabilities = "probabilities", Labels = "labels";
    private const string InputType = "UINT8", SharedMemory = "shared_memory_region";
    private static readonly ImmutableArray<string> AllOutputs = [Probabilities, Labels];

    /// <summary>Throws <see cref="BodyException"/>.</summary>
    public static async Task<InferenceRequest> ReadAsync(HttpRequest request)
    {
        using var body = new MemoryStream();
        await request.Body.CopyToAsync(body, request.HttpContext.RequestAborted).ConfigureAwait(false);
        var bytes = new ReadOnlyMemory<byte>(body.GetBuffer(), 0, (int)body.Length);
        string split = request.Headers[JsonLengthHeader].ToString();
        int length = bytes.Length;
        if (split.Length > 0 && (!int.TryParse(split, NumberStyles.None, CultureInfo.InvariantCulture, out length) || length > bytes.Length))
            throw Wrong($"{JsonLengthHeader}: a number of bytes, at most those of the body.");
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

    /// <summary>One memory a picture. Throws <see cref="BodyException"/> where they are not of the model's shape.</summary>
    public ImmutableArray<ReadOnlyMemory<byte>> PicturesFor(ModelDescription model)
    {
        if (!Shape.AsSpan()[1..].SequenceEqual([model.ImageSize, model.ImageSize, model.Channels]))
            throw Wrong($"The input '{Input}' has the shape [{string.Join(", ", Shape)}]; this model takes [-1, {model.ImageSize}, {model.ImageSize}, {model.Channels}].");
        int bytes = Pixels.Length / Shape[0];
        return [.. Enumerable.Range(0, Shape[0]).Select(i => Pixels.Slice(i * bytes, bytes))];
    }

    private static InferenceRequest Read(JsonElement root, ReadOnlyMemory<byte> binary)
    {
        if (root.ValueKind != JsonValueKind.Object) throw Wrong("The body is not a JSON object.");
        if (Member(root, "inputs", JsonValueKind.Array) is not { } inputs || inputs.GetArrayLength() != 1) throw Wrong($"One input is needed, '{Input}'.");
        var input = inputs[0];
        if (input.ValueKind != JsonValueKind.Object || Text(input, "name") != Input) throw Wrong($"One input is needed, '{Input}'.");
        if (Text(input, "datatype") is var type && type != InputType) throw Wrong($"The input '{Input}' is of the type {InputType}, not {type ?? "none"}.");
        var shape = ShapeOf(input);
        long wanted = shape.Aggregate(1L, (product, side) => product * side);
        return new(IdOf(root), shape, PixelsOf(input, wanted, binary), OutputsOf(root), PatienceOf(root));
    }

    /// <summary>It must come back as it was sent, so it can't be passed over where it is no text.</summary>
    private static string? IdOf(JsonElement root) =>
        root.TryGetProperty("id", out var id) ? id.ValueKind == JsonValueKind.String ? id.GetString() : throw Wrong("The id is a text.") : null;

    /// <summary>As clients of Triton say it: in microseconds; 0: no matter.</summary>
    private static TimeSpan? PatienceOf(JsonElement root) => Parameter(root, "timeout") is not { } timeout ? null
        : timeout.ValueKind == JsonValueKind.Number && timeout.TryGetInt64(out long microseconds) && microseconds is >= 0 and <= int.MaxValue
            ? microseconds == 0 ? null : TimeSpan.FromMicroseconds(microseconds) : throw Wrong("The parameter timeout is a whole number of microseconds.");

    private static ImmutableArray<int> ShapeOf(JsonElement input)
    {
        var shape = Member(input, "shape", JsonValueKind.Array) is { } sides && sides.EnumerateArray().All(side => side.ValueKind == JsonValueKind.Number && side.TryGetInt32(out _))
            ? [.. sides.EnumerateArray().Select(side => side.GetInt32())] : ImmutableArray<int>.Empty;
        return shape is [> 0 and <= Admission.MaxPictures, > 0 and <= short.MaxValue, > 0 and <= short.MaxValue, 1 or 3] ? shape
            : throw Wrong($"The input '{Input}' has the shape [N, H, W, C] with 1 to {Admission.MaxPictures} pictures.");
    }

    private static ReadOnlyMemory<byte> PixelsOf(JsonElement input, long wanted, ReadOnlyMemory<byte> binary)
    {
        if (Parameter(input, SharedMemory) is not null) throw Wrong($"The input '{Input}' stands in shared memory, which is not read here: send its data.");
        if (Parameter(input, "binary_data_size") is { } size)
        {
            return size.ValueKind == JsonValueKind.Number && size.TryGetInt64(out long bytes) && bytes == wanted && bytes == binary.Length ? binary
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
        if (!root.TryGetProperty("outputs", out var outputs)) return [.. AllOutputs.Select(name => new WantedOutput(name, binary))];
        if (outputs.ValueKind != JsonValueKind.Array) throw Wrong("The outputs are a list.");
        if (outputs.GetArrayLength() == 0) return [.. AllOutputs.Select(name => new WantedOutput(name, binary))];
        ImmutableArray<WantedOutput> wanted = [.. outputs.EnumerateArray().Take(AllOutputs.Length + 1).Select(output => OutputOf(output, binary))];
        return wanted.Select(output => output.Name).Distinct().Count() == wanted.Length ? wanted : throw Wrong("An output is asked for twice.");
    }

    private static WantedOutput OutputOf(JsonElement output, bool binary)
    {
        if (output.ValueKind != JsonValueKind.Object || Text(output, "name") is not { } name || !AllOutputs.Contains(name)) throw Wrong($"The outputs are {string.Join(" and ", AllOutputs)}.");
        if (Parameter(output, SharedMemory) is not null) throw Wrong($"The output '{name}' is asked for in shared memory, which is not written here: it comes with the answer.");
        return new(name, Parameter(output, "binary_data")?.ValueKind is { } asked ? asked == JsonValueKind.True : binary, BestOf(output, name));
    }

    private static int? BestOf(JsonElement output, string name)
    {
        if (Parameter(output, "classification") is not { } asked) return null;
        if (name != Probabilities) throw Wrong($"The output '{name}' has no largest values: classification is for '{Probabilities}'.");
        return asked.ValueKind == JsonValueKind.Number && asked.TryGetInt32(out int best) && best > 0 ? best : throw Wrong("classification: how many classes, at least 1.");
    }

    private static JsonElement? Parameter(JsonElement of, string name) =>
        Member(of, "parameters", JsonValueKind.Object) is { } parameters && parameters.TryGetProperty(name, out var value) ? value : null;

    private static JsonElement? Member(JsonElement of, string name, JsonValueKind kind) =>
        of.TryGetProperty(name, out var value) && value.ValueKind == kind ? value : null;

    private static string? Text(JsonElement of, string name) => Member(of, name, JsonValueKind.String)?.GetString();

    private static BodyException Wrong(string message) => new(StatusCodes.Status400BadRequest, message);
}
