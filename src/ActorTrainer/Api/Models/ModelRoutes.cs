using System.Collections.Immutable;
using System.Text.Json;
using ActorTrainer.Core;
using ActorTrainer.Core.Checkpoints;
using ActorTrainer.Core.Evaluation;
using ActorTrainer.Core.Registry;
using ActorTrainer.Registry;
using ActorTrainer.Serving;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace ActorTrainer.Api.Models;

/// <summary><c>/v1/models</c>: which there are, which version answers, and predictions for pictures as they come from a camera.</summary>
internal sealed class ModelRoutes(ModelRegistry registry, PredictionService service, Admission admission)
{
    private const int DefaultTop = 5;
    private const string Json = "application/json";
    private static readonly string[] Pictures = ["application/octet-stream", "image/*", "multipart/form-data", Json];

    public void Map(IEndpointRouteBuilder app)
    {
        var models = app.MapGroup("/v1/models");
        models.MapGet("", () => Results.Json(registry.Models.Select(ModelAnswer.Of), CoreJson.Options)).Gives<ModelAnswer[]>("The models, by name");
        models.MapGet("{name}", Show).Gives<ModelDetails>("A model with its versions, the newest first");
        models.MapGet("{name}/weights", (string name) => Weights(name, null)).Describe("The weights of the version that answers, as safetensors");
        models.MapGet("{name}/versions/{version}/weights", Weights).Describe("The weights of a version, as safetensors");
        models.MapPost("{name}/promote", PromoteAsync).Asks(ApiScope.Admin).Takes(Json).Gives<ModelDetails>("Choose the version that answers: {\"version\": \"...\"}");
        models.MapPost("{name}/rollback", RollBackAsync).Asks(ApiScope.Admin).Gives<ModelDetails>("Take the last promotion back");
        models.MapPost("{name}/canary", BeginCanaryAsync).Asks(ApiScope.Admin).Takes(Json).Gives<ModelDetails>("Give a version a share of the requests that name none: {\"version\": \"...\", \"share\": 0.1}");
        models.MapDelete("{name}/canary", EndCanary).Gives<ModelDetails>("Give all requests to the version that answers again");
        models.MapPost("{name}:predict", (HttpContext context, string name, int? top, double? timeout) => PredictAsync(context, name, null, top, timeout))
            .Asks(ApiScope.Read).TakesBytes(Admission.MaxBodyBytes).Takes(Pictures).Gives<PredictAnswer>("Labels with probabilities, by the version that answers");
        models.MapPost("{name}/versions/{version}:predict", PredictAsync).Asks(ApiScope.Read).TakesBytes(Admission.MaxBodyBytes).Takes(Pictures).Gives<PredictAnswer>("Labels with probabilities, by a version");
    }

    private IResult Show(string name) => registry.Find(name) is { } model ? Details(model) : Problems.NoModel(name);

    private IResult Details(RegisteredModel model) => Results.Json(
        new ModelDetails(model.Name, model.Answering.Id.Version, model.Promoted?.Id.Version, model.OnTrial?.Trial,
            [.. model.Versions.Select(version => VersionAnswer.Of(version, model.JudgementOf(version), Manifest(version)))], DecisionAnswer.AllOf(model.Promotions)), CoreJson.Options);

    private CheckpointManifest? Manifest(ModelVersion version)
    {
        try
        {
            return registry.Describe(version);
        }
        catch (Exception e) when (e is CheckpointDamagedException or IOException)
        {
            return null;
        }
    }

    private IResult Weights(string name, string? version)
    {
        if (registry.Find(name) is not { } model) return Problems.NoModel(name);
        if ((version is null ? model.Answering : model[version]) is not { } chosen) return Problems.NoVersion(model, version!);
        var file = registry.OpenWeights(chosen);
        return Results.Stream(file, "application/octet-stream", $"{name}-{chosen.Id.Version}.safetensors", enableRangeProcessing: file.CanSeek);
    }

    /// <summary>The version is loaded before it is chosen, so the change delays nobody, and one that can't be loaded is never chosen.</summary>
    private async Task<IResult> PromoteAsync(HttpRequest request, string name)
    {
        if (registry.Find(name) is not { } model) return Problems.NoModel(name);
        var wish = await ReadAsync<PromoteBody>(request, "{\"version\": \"...\"}").ConfigureAwait(false);
        if (model[wish.Version] is not { } version) return Problems.NoVersion(model, wish.Version);
        if (model.Promoted == version) return Details(model);
        await service.PrepareAsync(version, request.HttpContext.RequestAborted).ConfigureAwait(false);
        return registry.TryPromote(model, wish.Version) ? Show(name) : Overtaken(name);
    }

    private async Task<IResult> RollBackAsync(HttpContext context, string name)
    {
        if (registry.Find(name) is not { } model) return Problems.NoModel(name);
        if (model.Promotions.Current is null) return Problems.Of(StatusCodes.Status409Conflict, $"No version of '{name}' was promoted: there is nothing to take back.");
        var before = model with { Promotions = model.Promotions.Apply(new ModelEvents.PromotionRolledBack(default)) };
        await service.PrepareAsync(before.Answering, context.RequestAborted).ConfigureAwait(false);
        return registry.TryRollBack(model) ? Show(name) : Overtaken(name);
    }

    /// <summary>As with a promotion, the version is loaded before it is given anything.</summary>
    private async Task<IResult> BeginCanaryAsync(HttpRequest request, string name)
    {
        if (registry.Find(name) is not { } model) return Problems.NoModel(name);
        var wish = await ReadAsync<Canary>(request, "{\"version\": \"...\", \"share\": 0.1}").ConfigureAwait(false);
        if (!(wish.Share is > 0 and <= 1)) return Problems.Of(StatusCodes.Status400BadRequest, "share: a number greater than 0, at most 1.");
        if (model[wish.Version] is not { } version) return Problems.NoVersion(model, wish.Version);
        if (version == model.Answering) return Problems.Of(StatusCodes.Status409Conflict, $"The version '{wish.Version}' of '{name}' answers already: try another beside it.");
        if (model.OnTrial?.Trial == wish) return Details(model);
        await service.PrepareAsync(version, request.HttpContext.RequestAborted).ConfigureAwait(false);
        return registry.TryBeginCanary(model, wish) ? Show(name) : Overtaken(name);
    }

    private IResult EndCanary(string name)
    {
        if (registry.Find(name) is not { } model) return Problems.NoModel(name);
        if (model.Promotions.Canary is null) return Problems.Of(StatusCodes.Status409Conflict, $"No version of '{name}' is on trial.");
        return registry.TryEndCanary(model) ? Show(name) : Overtaken(name);
    }

    /// <summary>Callers who name one are always sent to the same version while a trial lasts; null: not named.</summary>
    public static string? RoutingKey(HttpRequest request) => request.Headers["Routing-Key"].ToString() is { Length: > 0 } key ? key : null;

    private static IResult Overtaken(string name) =>
        Problems.Of(StatusCodes.Status409Conflict, $"Somebody else has just decided about '{name}': look again.");

    private Task<IResult> PredictAsync(HttpContext context, string name, string? version, int? top, double? timeout) => admission.AdmitAsync(timeout, async deadline =>
    {
        if (registry.Find(name) is not { } model) return Problems.NoModel(name);
        var exactly = version is null ? null : model[version];
        if (version is not null && exactly is null) return Problems.NoVersion(model, version);
        if (top is < 1) return Problems.Of(StatusCodes.Status400BadRequest, "top: how many labels, at least 1.");
        var pictures = await PictureBody.ReadAsync(context.Request).ConfigureAwait(false);
        var found = await service.FindAsync(model, exactly, RoutingKey(context.Request)).ConfigureAwait(false);
        var pixels = await service.DecodeAsync(found.Description, pictures, deadline, context.RequestAborted).ConfigureAwait(false);
        float[] logits = await PredictionService.AnswerAsync(found, pixels, deadline, context.RequestAborted).ConfigureAwait(false);
        var labels = found.Description.Classes;
        return Results.Json(new PredictAnswer(model.Name, found.Version.Id.Version,
            [.. pictures.Select((picture, i) => new PictureAnswer(picture.Name, Best(logits.AsSpan(i * labels.Length, labels.Length), labels, top ?? DefaultTop)))]), CoreJson.Options);
    });

    private static ImmutableArray<Prediction> Best(ReadOnlySpan<float> logits, ImmutableArray<string> labels, int top) =>
        [.. Ranking.Top(logits, top).Select(best => new Prediction(labels[best.Class], best.Probability))];

    private static async Task<T> ReadAsync<T>(HttpRequest request, string shape)
    {
        try
        {
            return await JsonSerializer.DeserializeAsync<T>(request.Body, CoreJson.Options, request.HttpContext.RequestAborted).ConfigureAwait(false) ?? throw new JsonException();
        }
        catch (JsonException)
        {
            throw new BodyException(StatusCodes.Status400BadRequest, $"The body is not {shape}.");
        }
    }

    private sealed record PromoteBody(string Version);
}
