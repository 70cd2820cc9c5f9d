using System.Collections.Immutable;
using System.Reflection;
using ActorTrainer.Api.Models;
using ActorTrainer.Core;
using ActorTrainer.Core.Evaluation;
using ActorTrainer.Core.Models;
using ActorTrainer.Core.Registry;
using ActorTrainer.Registry;
using ActorTrainer.Serving;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace ActorTrainer.Api.Inference;

/// <summary>
/// <c>/v2</c>: the Open Inference Protocol, version 2, over REST. A model has one input, <c>image</c>, of pixels as its own transforms leave them, and two outputs:
/// the probability of every class, and the classes' labels.
/// </summary>
internal sealed class InferenceRoutes(ModelRegistry registry, PredictionService service, Admission admission, Func<bool> isReady)
{
    public const string Root = "/v2";
    private const string Server = "actortrainer", Platform = "actortrainer_safetensors";

    /// <summary>What goes beyond the protocol, by the names that Triton gave it.</summary>
    private static readonly string[] Extensions = ["binary_tensor_data", "classification"];

    public void Map(IEndpointRouteBuilder app)
    {
        var root = app.MapGroup(Root);
        root.MapGet("", () => Results.Json(new { Name = Server, Version = ServerVersion(), Extensions }, CoreJson.Options)).AsksForNoKey().WithSummary("Server metadata");
        root.MapGet("health/live", () => Results.Json(new { Live = true }, CoreJson.Options)).IsForWatchers().WithSummary("Server live");
        root.MapGet("health/ready", () => isReady() ? Results.Json(new { Ready = true }, CoreJson.Options) : Results.Json(new { Ready = false }, CoreJson.Options, statusCode: StatusCodes.Status503ServiceUnavailable)).IsForWatchers().WithSummary("Server ready");
        foreach (string place in new[] { "models/{name}", "models/{name}/versions/{version}" })
        {
            var model = root.MapGroup(place);
            model.MapGet("", (string name, string? version) => Metadata(name, version)).WithSummary("Model metadata");
            model.MapGet("ready", (string name, string? version) => ReadyAsync(name, version)).WithSummary("Model ready: begins to load what is not loaded");
            model.MapPost("infer", (HttpContext context, string name, string? version, double? timeout) => InferAsync(context, name, version, timeout)).Asks(ApiScope.Read).TakesBytes(Admission.MaxBodyBytes).Takes("application/json", "application/octet-stream").WithSummary("Inference");
        }
    }

    private static string ServerVersion() => typeof(InferenceRoutes).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+')[0];

    private IResult Metadata(string name, string? version)
    {
        if (Missing(name, version, out var model, out var exactly) is { } missing) return missing;
        var description = registry.Describe(exactly ?? model.Answering).Model;
        return Results.Json(new
        {
            Name = name,
            Versions = version is null ? model.Versions.Select(known => known.Id.Version) : [version],
            Platform,
            Inputs = new[] { new Tensor(InferenceRequest.Input, "UINT8", [-1, description.ImageSize, description.ImageSize, description.Channels]) },
            Outputs = new[] { Output(InferenceRequest.Probabilities, "FP32", description), Output(InferenceRequest.Labels, "BYTES", description) },
        }, CoreJson.Options);

        static Tensor Output(string name, string type, ModelDescription model) => new(name, type, [-1, model.Classes.Length]);
    }

    /// <summary>Whoever asks wants to use it: what is not loaded begins to load.</summary>
    private async Task<IResult> ReadyAsync(string name, string? version)
    {
        if (Missing(name, version, out var model, out var exactly) is { } missing) return missing;
        var found = await service.FindAsync(model, exactly).ConfigureAwait(false);
        return Results.Json(new { Name = name, Ready = found.IsReady }, CoreJson.Options, statusCode: found.IsReady ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable);
    }

    private Task<IResult> InferAsync(HttpContext context, string name, string? version, double? timeout) => admission.AdmitAsync(context, timeout, async deadline =>
    {
        if (Missing(name, version, out var model, out var exactly) is { } missing) return missing;
        var request = await InferenceRequest.ReadAsync(context.Request).ConfigureAwait(false);
        var found = await service.FindAsync(model, exactly, ModelRoutes.RoutingKey(context.Request)).ConfigureAwait(false);
        var pictures = request.PicturesFor(found.Description);
        float[] logits = await PredictionService.AnswerAsync(found, pictures, deadline.Sooner(request.Patience), context.RequestAborted).ConfigureAwait(false);
        var labels = found.Description.Classes;
        float[] probabilities = Probabilities(logits, labels.Length);
        return new InferenceResponse(found.Version.Id, request.Id, [.. request.Outputs.Select(wanted => OutputTensor.Of(wanted, probabilities, labels))]);
    });

    private IResult? Missing(string name, string? version, out RegisteredModel model, out ModelVersion? exactly)
    {
        (model, exactly) = (registry.Find(name)!, null);
        if (model is null) return Problems.NoModel(name);
        exactly = version is null ? null : model[version];
        return version is not null && exactly is null ? Problems.NoVersion(name, version) : null;
    }

    /// <summary>JSON has no number for what is none.</summary>
    private static float[] Probabilities(float[] logits, int classes)
    {
        float[] all = [.. Enumerable.Range(0, logits.Length / classes).SelectMany(row => Softmax.Of(logits.AsSpan(row * classes, classes))).Select(probability => (float)probability)];
        return all.Any(float.IsNaN) ? throw new ServingException(ServingProblem.Unavailable, "The model's answer is not a number: it was not trained well.") : all;
    }

    private sealed record Tensor(string Name, string Datatype, ImmutableArray<int> Shape);
}
