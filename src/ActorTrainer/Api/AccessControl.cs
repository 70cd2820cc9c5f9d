using System.Collections.Immutable;
using System.Net;
using ActorTrainer.Api.Pages;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.RateLimiting;

namespace ActorTrainer.Api;

/// <summary>
/// Who may ask for what. With keys configured, a request carries one as <c>Authorization: Bearer KEY</c>, or in the cookie of the page's session. Without, the
/// node listens on loopback alone. What may come against its user's will is a page in a browser: one that is not served from here, or under a name that it made
/// up for this address.
/// </summary>
/// <param name="origins">Other places whose pages may ask.</param>
internal sealed class AccessControl(KeyDesk desk, ImmutableArray<string> origins)
{
    private const string Scheme = "Bearer ";

    public Task InvokeAsync(HttpContext context, RequestDelegate next)
    {
        var access = context.GetEndpoint()?.Metadata.GetMetadata<Access>() ?? Access.Of(context.Request.Method);
        if (access.IsForWatchers) return next(context);
        var refusal = desk.IsOpen ? OfBrowser(context.Request) : access.Scope is { } needed ? OfKey(context, needed) : null;
        return refusal is null ? next(context) : refusal.ExecuteAsync(context);
    }

    private IResult? OfKey(HttpContext context, ApiScope needed)
    {
        string given = context.Request.Headers.Authorization.ToString();
        if (given.Length == 0 && context.Request.Cookies[SessionRoutes.Cookie] is { } cookie)
        {
            // A browser sends it by itself: only what its own page asks for counts.
            if (IsOfOtherPage(context.Request)) return Problems.Of(StatusCodes.Status403Forbidden, "Pages of other places are not answered.");
            given = Scheme + cookie;
        }

        if (!given.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase) || desk.Find(given[Scheme.Length..].Trim(), context) is not { } key)
        {
            context.Response.Headers.WWWAuthenticate = "Bearer";
            return Problems.Of(StatusCodes.Status401Unauthorized, given.Length == 0
                ? "This cluster asks for a key: pass it with --key or in $ACTORTRAINER_KEY (over HTTP as 'Authorization: Bearer KEY')."
                : "This cluster does not know the key that was given.");
        }

        context.Features.Set(key);
        return key.Scope >= needed ? null : Problems.Of(StatusCodes.Status403Forbidden, needed == ApiScope.Admin
            ? "The key may not remove anything, nor choose which version of a model answers: that needs one with the scope admin."
            : "The key may only read: submitting and controlling need one with the scope submit.");
    }

    private IResult? OfBrowser(HttpRequest request)
    {
        string host = request.Host.Host.Trim('[', ']');
        if (host != "localhost" && !(IPAddress.TryParse(host, out var address) && IPAddress.IsLoopback(address)))
            return Problems.Of(StatusCodes.Status403Forbidden, "Without keys, only requests to localhost are answered.");
        return IsOfOtherPage(request) && !origins.Contains(request.Headers.Origin.ToString())
            ? Problems.Of(StatusCodes.Status403Forbidden, "Without keys, pages of other places are not answered, but those that node.cors.origins names.") : null;
    }

    private static bool IsOfOtherPage(HttpRequest request) =>
        request.Headers.Origin.ToString() is { Length: > 0 } origin && origin != $"{request.Scheme}://{request.Host}";
}

/// <summary>What an address asks of whoever calls it, where that is not what its method says: to look, to change, to remove for good.</summary>
/// <param name="Scope">Null: no key is asked for.</param>
/// <param name="IsForWatchers">For probes: whatever the name that they call this address by.</param>
internal sealed record Access(ApiScope? Scope, bool IsForWatchers = false)
{
    public static Access Of(string method) =>
        new(HttpMethods.IsGet(method) || HttpMethods.IsHead(method) ? ApiScope.Read : HttpMethods.IsDelete(method) ? ApiScope.Admin : ApiScope.Submit);
}

internal static class AccessExtensions
{
    public static T Asks<T>(this T address, ApiScope scope)
        where T : IEndpointConventionBuilder => address.WithMetadata(new Access(scope));

    public static T AsksForNoKey<T>(this T address)
        where T : IEndpointConventionBuilder => address.WithMetadata(new Access(null));

    public static T IsForWatchers<T>(this T address)
        where T : IEndpointConventionBuilder => address.WithMetadata(new Access(null, IsForWatchers: true), new DisableRateLimitingAttribute());
}
