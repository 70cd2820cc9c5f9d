using System.Data.Common;
using System.Globalization;
using System.Text;
using ActorTrainer.Actors.Journal;
using ActorTrainer.Api.Inference;
using ActorTrainer.Api.Inference.Rpc;
using ActorTrainer.Core;
using ActorTrainer.Core.Checkpoints;
using ActorTrainer.Core.Experiments;
using ActorTrainer.Core.Registry;
using ActorTrainer.Serving;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.WebUtilities;

namespace ActorTrainer.Api;

/// <summary>Every error of the API: problem+json, one sentence for a person, nothing of the program's inside.</summary>
internal static class Problems
{
    public static IResult Of(int status, string detail) => new Problem(status, detail);

    public static IResult Busy(string detail) => new Problem(StatusCodes.Status429TooManyRequests, detail) { RetryAfterSeconds = 1 };

    /// <summary>With each error by itself too, as <c>errors</c>.</summary>
    public static IResult Of(IReadOnlyList<ConfigurationProblem> errors) =>
        new Problem(StatusCodes.Status400BadRequest, ConfigurationProblem.ToText(errors)) { Errors = errors };

    public static IResult NoExperiment(string name) => Of(StatusCodes.Status404NotFound, $"There is no experiment '{name}'.");

    public static IResult NoModel(string name) => Of(StatusCodes.Status404NotFound, NotThereException.Model(name).Message);

    public static IResult NoVersion(RegisteredModel model, string version) => Of(StatusCodes.Status404NotFound, NotThereException.Version(model, version).Message);

    public static IResult Away() =>
        Of(StatusCodes.Status503ServiceUnavailable, "The coordinator does not answer: it may be moving to another node. Try again.");

    /// <summary>Around everything else: what is thrown, and what is answered without a word, becomes a problem too.</summary>
    /// <param name="report">Told what should not have happened, with the id that the answer names.</param>
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
            await Of(e, context, report).ExecuteAsync(context).ConfigureAwait(false);
        }
    }

    /// <summary>The status that HTTP has for what was thrown, and the sentence for a person.</summary>
    public static (int Status, string Detail) Describe(Exception e, HttpContext context, Action<string> report)
    {
        var problem = Of(e, context, report);
        return (problem.Status, problem.Detail);
    }

    private static Problem Of(Exception e, HttpContext context, Action<string> report)
    {
        long? limit = context.Features.Get<IHttpMaxRequestBodySizeFeature>()?.MaxRequestBodySize;
        switch (e)
        {
            case BadHttpRequestException { StatusCode: StatusCodes.Status413PayloadTooLarge and var status }: return new(status, FormattableString.Invariant($"The body is too large: {limit >> 20} MiB are taken here at most."));
            case BadHttpRequestException bad: return new(bad.StatusCode, "The request can't be read.");
            case BodyException body: return new(body.Status, body.Message);
            case NotThereException missing: return new(StatusCodes.Status404NotFound, missing.Message);
            case ServingException serving: return Of(serving);
            case TooOftenException often: return Of(often);
            case CheckpointDamagedException damaged: return new(StatusCodes.Status503ServiceUnavailable, damaged.Message);
            case IOException: return new(StatusCodes.Status503ServiceUnavailable, "Files that this needs can't be read from this node now. Try again.");
            case DecoderFallbackException: return new(StatusCodes.Status400BadRequest, "The body is not UTF-8 text.");
            case JournalException or DbException: return new(StatusCodes.Status503ServiceUnavailable, "The journal can't be reached from this node. Try again.");
            default:
                string id = RequestTrace.IdOf(context);
                report($"Request {id} failed, {context.Request.Method} {context.Request.Path}: {e}");
                return new(StatusCodes.Status500InternalServerError, $"Something went wrong at the node; what, it has said on its own stderr, of request {id}.") { RequestId = id };
        }
    }

    private static Problem Of(ServingException e) => e.Problem switch
    {
        ServingProblem.Busy => new(StatusCodes.Status429TooManyRequests, e.Message) { RetryAfterSeconds = 1 },
        ServingProblem.Late => new(StatusCodes.Status504GatewayTimeout, e.Message),
        ServingProblem.Unreadable => new(StatusCodes.Status422UnprocessableEntity, e.Message),
        _ => new(StatusCodes.Status503ServiceUnavailable, e.Message),
    };

    private static Problem Of(TooOftenException e)
    {
        RateLimits.Count(e.Reason);
        return new(StatusCodes.Status429TooManyRequests, e.Message) { RetryAfterSeconds = Math.Max(1, (int)Math.Ceiling(e.Wait.TotalSeconds)) };
    }

    private static string Silent(int status) => status switch
    {
        StatusCodes.Status404NotFound => "There is nothing at this address.",
        StatusCodes.Status405MethodNotAllowed => "This address does not understand that method.",
        _ => "The request can't be read.",
    };

    /// <summary>In the shape of the protocol that was spoken: the inference protocol has one of its own, and so has gRPC.</summary>
    private sealed record Problem(int Status, string Detail) : IResult
    {
        /// <summary>With no charset behind it: KServe's client reads the reason of exactly this type.</summary>
        private const string InferenceJson = "application/json";

        public int? RetryAfterSeconds { get; init; }

        public IReadOnlyList<ConfigurationProblem>? Errors { get; init; }

        /// <summary>By which the node's log speaks of it; null: it does not.</summary>
        public string? RequestId { get; init; }

        public Task ExecuteAsync(HttpContext context)
        {
            if (RpcProblems.IsSpokenBy(context.Request))
            {
                RpcProblems.Refuse(context.Response, Status, Detail);
                return Task.CompletedTask;
            }

            if (RetryAfterSeconds is { } seconds) context.Response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
            return context.Request.Path.StartsWithSegments(InferenceRoutes.Root, StringComparison.Ordinal)
                ? Results.Json(new { Error = Detail }, CoreJson.Options, InferenceJson, Status).ExecuteAsync(context)
                : Results.Problem(Detail, statusCode: Status, title: ReasonPhrases.GetReasonPhrase(Status),
                    extensions: Extensions()).ExecuteAsync(context);
        }

        private Dictionary<string, object?> Extensions()
        {
            var extensions = new Dictionary<string, object?>();
            if (Errors is not null) extensions["errors"] = Errors;
            if (RequestId is not null) extensions["request_id"] = RequestId;
            return extensions;
        }
    }
}
