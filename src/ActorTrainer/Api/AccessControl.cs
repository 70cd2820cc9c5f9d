using System.Collections.Immutable;
using System.Net;
using Microsoft.AspNetCore.Http;

namespace ActorTrainer.Api;

/// <summary>
/// Who may ask for what. With keys configured, a request carries one as <c>Authorization: Bearer KEY</c>. Without, the node listens on loopback alone, and
/// what may come from there against its user's will is a page in a browser: one that is not served from here, or under a name that it made up for this address.
/// </summary>
internal sealed class AccessControl(ImmutableArray<ApiKey> keys)
{
    private const string Scheme = "Bearer ";

    public Task InvokeAsync(HttpContext context, RequestDelegate next)
    {
        if (context.Request.Path.Value is "/health" or "/ready") return next(context);
        var refusal = keys.IsEmpty ? OfBrowser(context.Request) : OfKey(context);
        return refusal is null ? next(context) : refusal.ExecuteAsync(context);
    }

    private IResult? OfKey(HttpContext context)
    {
        string given = context.Request.Headers.Authorization.ToString();
        var scope = given.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase) ? ApiKey.ScopeOf(given[Scheme.Length..].Trim(), keys) : null;
        if (scope is null)
        {
            context.Response.Headers.WWWAuthenticate = "Bearer";
            return Problems.Of(StatusCodes.Status401Unauthorized, given.Length == 0
                ? "This cluster asks for a key: pass it with --key or in $ACTORTRAINER_KEY (over HTTP as 'Authorization: Bearer KEY')."
                : "This cluster does not know the key that was given.");
        }

        var needed = NeededBy(context.Request.Method);
        return scope >= needed ? null
            : Problems.Of(StatusCodes.Status403Forbidden, needed == ApiScope.Admin
                ? "The key may not remove anything: that needs one with the scope admin."
                : "The key may only read: submitting and controlling need one with the scope submit.");
    }

    /// <summary>To look, to change, to remove for good.</summary>
    private static ApiScope NeededBy(string method) =>
        HttpMethods.IsGet(method) || HttpMethods.IsHead(method) ? ApiScope.Read : HttpMethods.IsDelete(method) ? ApiScope.Admin : ApiScope.Submit;

    private static IResult? OfBrowser(HttpRequest request)
    {
        string host = request.Host.Host.Trim('[', ']');
        if (host != "localhost" && !(IPAddress.TryParse(host, out var address) && IPAddress.IsLoopback(address)))
            return Problems.Of(StatusCodes.Status403Forbidden, "Without keys, only requests to localhost are answered.");
        string origin = request.Headers.Origin.ToString();
        return origin.Length == 0 || origin == $"{request.Scheme}://{request.Host}" ? null
            : Problems.Of(StatusCodes.Status403Forbidden, "Without keys, pages of other places are not answered.");
    }
}
