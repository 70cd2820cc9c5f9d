using ActorTrainer.Api.Models;
using ActorTrainer.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace ActorTrainer.Api.Inference;

/// <summary><c>/v2</c>: the Open Inference Protocol over REST.</summary>
internal sealed class InferenceRoutes(InferenceDesk desk, Admission admission)
{
    public const string Root = "/v2";

    public void Map(IEndpointRouteBuilder app)
    {
        var root = app.MapGroup(Root);
        root.MapGet("", () => Json(new { Name = InferenceDesk.Server, InferenceDesk.Version, InferenceDesk.Extensions })).AsksForNoKey().WithSummary("Server metadata");
        root.MapGet("health/live", () => Json(new { Live = true })).IsForWatchers().WithSummary("Server live");
        root.MapGet("health/ready", () => Json(new { Ready = desk.IsReady }, desk.IsReady)).IsForWatchers().WithSummary("Server ready");
        foreach (string place in new[] { "models/{name}", "models/{name}/versions/{version}" })
        {
            var model = root.MapGroup(place);
            model.MapGet("", (string name, string? version) => Json(desk.Describe(name, version))).WithSummary("Model metadata");
            model.MapGet("ready", ReadyAsync).WithSummary("Model ready: begins to load what is not loaded");
            model.MapPost("infer", InferAsync).Asks(ApiScope.Read).TakesBytes(Admission.MaxBodyBytes).Takes("application/json", "application/octet-stream").WithSummary("Inference");
        }
    }

    private async Task<IResult> ReadyAsync(string name, string? version)
    {
        bool ready = await desk.IsLoadedAsync(name, version).ConfigureAwait(false);
        return Json(new { Name = name, Ready = ready }, ready);
    }

    private Task<IResult> InferAsync(HttpContext context, string name, string? version, double? timeout) => admission.AdmitAsync<IResult>(timeout, async deadline =>
        await desk.InferAsync(name, version, () => JsonRequest.ReadAsync(context.Request), ModelRoutes.RoutingKey(context.Request), deadline, context.RequestAborted).ConfigureAwait(false));

    private static IResult Json(object value, bool isReady = true) =>
        Results.Json(value, CoreJson.Options, statusCode: isReady ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable);
}
