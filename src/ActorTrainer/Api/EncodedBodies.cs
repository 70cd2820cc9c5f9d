using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace ActorTrainer.Api;

/// <summary>
/// Bodies that come compressed. ASP.NET Core unpacks them while they are read, and counts what comes out against the address's limit: a small body can't become a
/// large one. Here stands what it leaves open: other encodings, and bodies that are not what they say.
/// </summary>
internal static class EncodedBodies
{
    private const string Known = "gzip, deflate", None = "identity", NotKnown = "br";
    private static readonly string[] Encodings = Known.Split(", ");

    public static void AddEncodedBodies(this IServiceCollection services) => services.AddRequestDecompression(options => options.DecompressionProviders.Remove(NotKnown));

    public static void UseEncodedBodies(this IApplicationBuilder app) => app.Use(InvokeAsync).UseRequestDecompression();

    private static async Task InvokeAsync(HttpContext context, RequestDelegate next)
    {
        string encoding = context.Request.Headers.ContentEncoding.ToString();
        if (encoding.Length == 0 || encoding.Equals(None, StringComparison.OrdinalIgnoreCase))
        {
            await next(context).ConfigureAwait(false);
            return;
        }

        if (!Encodings.Contains(encoding, StringComparer.OrdinalIgnoreCase))
        {
            context.Response.Headers.AcceptEncoding = Known;
            throw new BodyException(StatusCodes.Status415UnsupportedMediaType, $"The body is encoded in a way that is not read here: {Known} are, one of them.");
        }

        try
        {
            await next(context).ConfigureAwait(false);
        }
        catch (InvalidDataException)
        {
            throw new BodyException(StatusCodes.Status400BadRequest, "The body is not what its Content-Encoding says: it is damaged or cut off.");
        }
    }
}
