using System.Text.Json;
using ActorTrainer.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace ActorTrainer.Api.Pages;

/// <summary>
/// <c>/v1/session</c>: a person's key in a cookie that no script can read and no other site can send. The cookie is the key itself: there is nothing that a
/// gateway would have to remember, so a session outlives it and is good at each of them.
/// </summary>
/// <param name="hasCluster">Whether there is one that could be asked for something.</param>
internal sealed class SessionRoutes(KeyDesk desk, bool hasCluster)
{
    public const string Cookie = "actortrainer_key";
    private const int MaxKey = 200;
    private static readonly TimeSpan Lifetime = TimeSpan.FromHours(12);

    public void Map(IEndpointRouteBuilder app)
    {
        var session = app.MapGroup("/v1/session").IsForOwnPage();
        session.MapGet("", Show).AsksForNoKey().WithSummary("What the page's session may do");
        session.MapPost("", BeginAsync).AsksForNoKey().Takes("application/json").WithSummary("Log in with a key, for a cookie");
        session.MapDelete("", End).AsksForNoKey().WithSummary("Log out");
    }

    /// <summary>What whoever asks may do; null: a key is needed.</summary>
    private IResult Show(HttpRequest request) => Answer(desk.IsOpen ? ApiScope.Admin : request.Cookies[Cookie] is { } key ? desk.Find(key, request.HttpContext)?.Scope : null);

    private IResult Answer(ApiScope? scope) => Results.Json(new { Scope = scope, Keys = !desk.IsOpen, Cluster = hasCluster }, CoreJson.Options);

    private async Task<IResult> BeginAsync(HttpRequest request)
    {
        string? key = await KeyAsync(request).ConfigureAwait(false);
        if (desk.Find(key ?? "", request.HttpContext)?.Scope is not { } scope) return Problems.Of(StatusCodes.Status401Unauthorized, "This cluster does not know the key that was given.");
        request.HttpContext.Response.Cookies.Append(Cookie, key!, Options(request, Lifetime));
        return Answer(scope);
    }

    private static IResult End(HttpRequest request)
    {
        request.HttpContext.Response.Cookies.Delete(Cookie, Options(request, null));
        return Results.NoContent();
    }

    private static async Task<string?> KeyAsync(HttpRequest request)
    {
        try
        {
            var body = await JsonSerializer.DeserializeAsync<Body>(request.Body, CoreJson.Options, request.HttpContext.RequestAborted).ConfigureAwait(false);
            return body is { Key.Length: <= MaxKey } ? body.Key.Trim() : null;
        }
        catch (JsonException)
        {
            throw new BodyException(StatusCodes.Status400BadRequest, "The body is not {\"key\": \"...\"}.");
        }
    }

    private static CookieOptions Options(HttpRequest request, TimeSpan? lifetime) =>
        new() { HttpOnly = true, SameSite = SameSiteMode.Strict, Secure = request.IsHttps, Path = "/", MaxAge = lifetime };

    private sealed record Body(string Key);
}
