using ActorTrainer.Core;
using ActorTrainer.Core.Data;
using ActorTrainer.Core.Experiments;
using ActorTrainer.DataSets;
using ActorTrainer.Templates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace ActorTrainer.Api.DataSets;

/// <summary><c>/v1/templates</c>: experiment files to begin with, made for a data set.</summary>
internal sealed class TemplateRoutes(DataSetShelf shelf)
{
    /// <summary>Enough to tell small from large and grey from colour.</summary>
    private const int Looked = 32;

    public void Map(IEndpointRouteBuilder app)
    {
        app.MapGet("/v1/templates", () => Results.Json(ExperimentTemplate.All, CoreJson.Options)).Gives<ExperimentTemplate[]>("The kinds of experiment that there is a template for");
        app.MapGet("/v1/templates/reference.conf", () => Results.Text(ExperimentConfiguration.ReferenceText)).Describe("Every key that an experiment file can have, with its meaning, unit and default");
        app.MapGet("/v1/templates/{id}", Write).Describe("An experiment file of this kind, for a data set: HOCON");
    }

    /// <param name="data">The data set.</param>
    /// <param name="name">The experiment's; null: the data set's and the kind's.</param>
    private IResult Write(string id, string data, string? name = null)
    {
        if (ExperimentTemplate.All.FirstOrDefault(template => template.Id == id) is not { } template) return Problems.Of(StatusCodes.Status404NotFound, $"There is no template '{id}'.");
        if (!DataSetName.IsValid(data) || shelf.Find(new(data)) is not { } set) return Problems.Of(StatusCodes.Status404NotFound, $"There is no data set '{data}'.");
        name ??= TemplateData.NameFrom($"{data}-{id}");
        if (!ExperimentName.IsValid(name)) return Problems.Of(StatusCodes.Status400BadRequest, $"'{name}' can't be an experiment's name: {ExperimentName.Rule}.");
        return Results.Text(template.Write(TemplateData.Of(set, shelf.Open(set).Look(Looked), name)));
    }
}
