using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using ActorTrainer.Core;
using ActorTrainer.Serving;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Net.Http.Headers;

namespace ActorTrainer.Api.Models;

/// <summary>The pictures of a request: its body as it is, the files of a form, or base64 in JSON. Their kind is seen from their bytes, not from what they are called.</summary>
internal static class PictureBody
{
    private const int MaxBoundary = 100;

    /// <summary>Throws <see cref="BodyException"/>, and <see cref="BadHttpRequestException"/> for a body beyond its limit.</summary>
    public static async Task<ImmutableArray<EncodedPicture>> ReadAsync(HttpRequest request)
    {
        var pictures = MediaTypeHeaderValue.TryParse(request.ContentType, out var type) ? type.MediaType.Value?.ToLowerInvariant() switch
        {
            "multipart/form-data" => await FilesAsync(request, type).ConfigureAwait(false),
            "application/json" => await Base64Async(request).ConfigureAwait(false),
            "application/octet-stream" => await WholeAsync(request).ConfigureAwait(false),
            var image when image?.StartsWith("image/", StringComparison.Ordinal) == true => await WholeAsync(request).ConfigureAwait(false),
            _ => throw WrongType(),
        } : throw WrongType();
        return pictures.IsEmpty ? throw new BodyException(StatusCodes.Status400BadRequest, "There is no picture in the body.") : pictures;
    }

    private static BodyException WrongType() => new(StatusCodes.Status415UnsupportedMediaType,
        "The content type is needed: image/... or application/octet-stream for a picture, multipart/form-data for several, application/json for {\"images\": [\"base64\", ...]}.");

    private static async Task<ImmutableArray<EncodedPicture>> WholeAsync(HttpRequest request)
    {
        byte[] bytes = await BytesAsync(request.Body, request.HttpContext.RequestAborted).ConfigureAwait(false);
        return bytes.Length == 0 ? [] : [new(null, bytes)];
    }

    private static async Task<ImmutableArray<EncodedPicture>> FilesAsync(HttpRequest request, MediaTypeHeaderValue type)
    {
        if (HeaderUtilities.RemoveQuotes(type.Boundary).Value is not { Length: > 0 and <= MaxBoundary } boundary)
            throw new BodyException(StatusCodes.Status400BadRequest, "The form has no boundary that can be used.");
        var cancel = request.HttpContext.RequestAborted;
        var pictures = ImmutableArray.CreateBuilder<EncodedPicture>();
        try
        {
            var form = new MultipartReader(boundary, request.Body);
            while (await form.ReadNextSectionAsync(cancel).ConfigureAwait(false) is { } section)
            {
                if (section.AsFileSection() is not { } file) continue;
                if (pictures.Count == Admission.MaxPictures) throw TooMany();
                string name = file.FileName.Length > 0 ? file.FileName : Number(pictures.Count);
                pictures.Add(new(name, await BytesAsync(section.Body, cancel).ConfigureAwait(false)));
            }
        }
        catch (Exception e) when (e is InvalidDataException or IOException and not BadHttpRequestException)
        {
            throw new BodyException(StatusCodes.Status400BadRequest, "The form can't be read: it is cut off or damaged.");
        }

        return pictures.ToImmutable();
    }

    private static async Task<ImmutableArray<EncodedPicture>> Base64Async(HttpRequest request)
    {
        try
        {
            var body = await JsonSerializer.DeserializeAsync<Base64Pictures>(request.Body, CoreJson.Options, request.HttpContext.RequestAborted).ConfigureAwait(false);
            var images = body?.Images ?? [];
            return images.Length <= Admission.MaxPictures ? [.. images.Select((image, i) => new EncodedPicture(images.Length == 1 ? null : Number(i), image))] : throw TooMany();
        }
        catch (JsonException)
        {
            throw new BodyException(StatusCodes.Status400BadRequest, "The body is not {\"images\": [\"base64\", ...]}.");
        }
    }

    private static async Task<byte[]> BytesAsync(Stream stream, CancellationToken cancel)
    {
        using var bytes = new MemoryStream();
        await stream.CopyToAsync(bytes, cancel).ConfigureAwait(false);
        return bytes.ToArray();
    }

    private static string Number(int index) => (index + 1).ToString(CultureInfo.InvariantCulture);

    private static BodyException TooMany() => new(StatusCodes.Status413PayloadTooLarge, $"More than {Admission.MaxPictures} pictures.");

    private sealed record Base64Pictures(byte[][] Images);
}
