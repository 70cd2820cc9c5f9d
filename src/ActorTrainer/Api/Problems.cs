using System.Data.Common;
using System.Text;
using ActorTrainer.Actors.Journal;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;

namespace ActorTrainer.Api;

/// <summary>Every error of the API: problem+json, one sentence for a person, nothing of the program's inside.</summary>
internal static class Problems
{
    public static IResult Of(int status, string detail) => Results.Problem(detail, statusCode: status, title: ReasonPhrases.GetReasonPhrase(status));

    public static IResult NoExperiment(string name) => Of(StatusCodes.Status404NotFound, $"There is no experiment '{name}'.");

    public static IResult Away() =>
        Of(StatusCodes.Status503ServiceUnavailable, "The coordinator does not answer: it may be moving to another node. Try again.");

    /// <summary>Around everything else: what is thrown, and what is answered without a word, becomes a problem too.</summary>
    /// <param name="report">Told what should not have happened.</param>
    public static async Task InvokeAsync(HttpContext context, RequestDelegate next, Action<string> report)
    {
        try
        {
            await next(context).ConfigureAwait(false);
            if (context.Response is { HasStarted: false, StatusCode: >= 400, ContentType: null, ContentLength: null } response)
                await Of(response.StatusCode, Silent(response.StatusCode)).ExecuteAsync(context).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // Nobody is there to be answered.
        }
        catch (Exception e) when (!context.Response.HasStarted)
        {
            await Of(e, report).ExecuteAsync(context).ConfigureAwait(false);
        }
    }

    private static IResult Of(Exception e, Action<string> report)
    {
        switch (e)
        {
            case BadHttpRequestException bad: return Of(bad.StatusCode, bad.StatusCode == StatusCodes.Status413PayloadTooLarge ? "The body is too large: a configuration has 1 MiB at most." : "The request can't be read.");
            case DecoderFallbackException: return Of(StatusCodes.Status400BadRequest, "The body is not UTF-8 text.");
            case JournalException or DbException: return Of(StatusCodes.Status503ServiceUnavailable, "The journal can't be reached from this node. Try again.");
            default:
                report($"A request failed: {e.GetType().Name}: {e.Message}");
                return Of(StatusCodes.Status500InternalServerError, "Something went wrong at the node; what, it has said on its own stderr.");
        }
    }

    private static string Silent(int status) => status switch
    {
        StatusCodes.Status404NotFound => "There is nothing at this address.",
        StatusCodes.Status405MethodNotAllowed => "This address does not understand that method.",
        _ => "The request can't be read.",
    };
}
