using ActorTrainer.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.OpenApi;

namespace ActorTrainer.Api;

/// <summary><c>/openapi/v1.json</c>: the API for programs that read about one. Each address says what it is for, what it takes and what it gives.</summary>
internal static class ApiDescription
{
    private const string Json = "application/json", Problem = "application/problem+json";

    public static void AddApiDescription(this IServiceCollection services)
    {
        services.AddOpenApi("v1", options => options.AddDocumentTransformer((document, _, _) =>
        {
            document.Info = new() { Title = "ActorTrainer", Version = "v1", Description = "Experiments that train image classifiers, and the models that they give. Errors are problem+json; below /v2, the Open Inference Protocol's." };
            return Task.CompletedTask;
        }));
        services.ConfigureHttpJsonOptions(options =>
        {
            options.SerializerOptions.PropertyNamingPolicy = CoreJson.Options.PropertyNamingPolicy;
            options.SerializerOptions.NumberHandling = CoreJson.Options.NumberHandling;
            foreach (var converter in CoreJson.Options.Converters) options.SerializerOptions.Converters.Add(converter);
        });
    }

    public static void MapApiDescription(this IEndpointRouteBuilder app) => app.MapOpenApi("/openapi/{documentName}.json").AsksForNoKey();

    public static RouteHandlerBuilder Describe(this RouteHandlerBuilder address, string summary) =>
        address.WithSummary(summary).Produces<ProblemDetails>(StatusCodes.Status404NotFound, Problem);

    public static RouteHandlerBuilder Gives<T>(this RouteHandlerBuilder address, string summary) => address.Describe(summary).Produces<T>(StatusCodes.Status200OK, Json);

    /// <summary>Described, not demanded: what a body is shows from itself, and clients often leave its type out.</summary>
    public static RouteHandlerBuilder Takes(this RouteHandlerBuilder address, params string[] types) => address.AddOpenApiOperationTransformer((operation, _, _) =>
    {
        operation.RequestBody = new OpenApiRequestBody { Required = true, Content = types.ToDictionary(type => type, _ => new OpenApiMediaType()) };
        return Task.CompletedTask;
    });

    /// <summary>Of a body, unpacked where it comes compressed; else it is what the node takes of any.</summary>
    public static T TakesBytes<T>(this T address, long most)
        where T : IEndpointConventionBuilder => address.WithMetadata(new RequestSizeLimitAttribute(most));
}
