using System.Collections.Frozen;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Net.Http.Headers;

namespace ActorTrainer.Api.Pages;

/// <summary>
/// <c>/</c>: a page for people, over the same API as everybody's. Its files stand in the assembly, under names that are known beforehand: no request reaches a
/// disk. They hold no data, so they ask for no key.
/// </summary>
internal static class PageRoutes
{
    private const string Folder = "wwwroot/", Start = "index.html";

    /// <summary>Everything comes from here, and nothing that stands in the page itself is run.</summary>
    private const string ContentSecurityPolicy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

    private static readonly FrozenDictionary<string, string> Types = new Dictionary<string, string>
    {
        [".html"] = "text/html; charset=utf-8", [".js"] = "text/javascript; charset=utf-8", [".css"] = "text/css; charset=utf-8", [".svg"] = "image/svg+xml",
    }.ToFrozenDictionary();

    public static void Map(IEndpointRouteBuilder app)
    {
        var assembly = typeof(PageRoutes).Assembly;
        foreach (string resource in assembly.GetManifestResourceNames().Where(name => name.StartsWith(Folder, StringComparison.Ordinal)))
        {
            if (!Types.TryGetValue(Path.GetExtension(resource), out string? type)) continue;
            using var stream = assembly.GetManifestResourceStream(resource)!;
            byte[] bytes = new byte[stream.Length];
            stream.ReadExactly(bytes);
            var tag = new EntityTagHeaderValue($"\"{Convert.ToHexStringLower(SHA256.HashData(bytes))[..16]}\"");
            string path = resource[Folder.Length..];
            app.MapMethods("/" + (path == Start ? "" : path), [HttpMethods.Get, HttpMethods.Head], (HttpResponse response) => Serve(response, bytes, type, tag)).AsksForNoKey().IsForOwnPage().DisableRateLimiting().ExcludeFromDescription();
        }
    }

    /// <summary>The browser asks each time whether it still is the one that it has: a new version is seen at once.</summary>
    private static IResult Serve(HttpResponse response, byte[] bytes, string type, EntityTagHeaderValue tag)
    {
        response.Headers.ContentSecurityPolicy = ContentSecurityPolicy;
        response.Headers.XContentTypeOptions = "nosniff";
        response.Headers["Referrer-Policy"] = "no-referrer";
        response.Headers.CacheControl = "no-cache";
        return Results.Bytes(bytes, type, entityTag: tag);
    }
}
