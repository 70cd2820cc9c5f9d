using System.Globalization;
using ActorTrainer.Core;
using ActorTrainer.Core.Data;
using ActorTrainer.Core.Experiments;
using ActorTrainer.Data.Inspection;
using ActorTrainer.DataSets;
using ActorTrainer.Hosting;
using ActorTrainer.Journal;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace ActorTrainer.Api.DataSets;

/// <summary><c>/v1/data-sets</c>: zips of pictures that people upload, for experiments that name them <c>dataset:NAME</c>.</summary>
/// <param name="maxUpload">Bytes; 0: none is taken.</param>
internal sealed class DataSetRoutes(RunsFolder runs, DataSetShelf shelf, long maxUpload) : IDisposable
{
    private const int MostUploads = 2, MostThumbnails = 2, MaxPage = 200, ThumbnailSide = 128;

    /// <summary>Pictures hardly shrink in a zip: one that unpacks to more than this many times its own size is something else.</summary>
    private const int MostUnpacked = 8;

    private readonly SemaphoreSlim _uploads = new(MostUploads), _thumbnails = new(MostThumbnails);
    private readonly RunJournal _journal = new(runs);

    private ArchiveLimits Limits => new(Entries: 500_000, UnpackedBytes: maxUpload * MostUnpacked, PictureBytes: 64 << 20, Pixels: 50_000_000);

    public void Map(IEndpointRouteBuilder app)
    {
        var sets = app.MapGroup("/v1/data-sets");
        sets.MapGet("", () => Results.Json(shelf.List().Select(DataSetAnswer.Of), CoreJson.Options)).Gives<DataSetAnswer[]>("The data sets that were uploaded, by name");
        sets.MapGet("{name}", (string name) => Find(name) is { } set ? Results.Json(DataSetAnswer.Of(set), CoreJson.Options) : None(name)).Gives<DataSetAnswer>("A data set: its parts, their classes and how many pictures each has");
        sets.MapGet("{name}/pictures", Pictures).Gives<SampleAnswer[]>("Pictures of a part and class, some at a time");
        sets.MapGet("{name}/thumbnail", ThumbnailAsync).Describe("A picture, made small: JPEG or PNG");
        sets.MapPut("{name}", UploadAsync).TakesBytes(maxUpload).Takes("application/zip").Describe("Upload a zip of class folders, or of train, val and test folders of such; a name is given once");
        sets.MapDelete("{name}", Remove).Describe("Delete a data set that no experiment under way is trained on");
    }

    public void Dispose()
    {
        _uploads.Dispose();
        _thumbnails.Dispose();
    }

    private ShelvedDataSet? Find(string name) => DataSetName.IsValid(name) ? shelf.Find(new(name)) : null;

    private static IResult None(string name) => Problems.Of(StatusCodes.Status404NotFound, $"There is no data set '{name}'.");

    private async Task<IResult> UploadAsync(HttpRequest request, string name)
    {
        if (!DataSetName.IsValid(name)) return Problems.Of(StatusCodes.Status400BadRequest, $"'{name}' can't be a data set's name: {DataSetName.Rule}.");
        if (maxUpload == 0) return Problems.Of(StatusCodes.Status403Forbidden, "This gateway takes no uploads (node.data-sets.max-upload-mib).");
        if (shelf.Has(new(name))) return Taken(name);
        if (request.ContentLength is { } length && Free() is { } free && length > free)
            return Problems.Of(StatusCodes.Status507InsufficientStorage, string.Create(CultureInfo.InvariantCulture, $"The disk has {free >> 20:N0} MiB left and the upload {length >> 20:N0}."));
        if (!await _uploads.WaitAsync(TimeSpan.Zero).ConfigureAwait(false)) return Problems.Busy($"{MostUploads} uploads are under way already: try again.");
        try
        {
            return await shelf.AddAsync(new(name), request.Body, Limits, request.HttpContext.RequestAborted).ConfigureAwait(false) is { } set
                ? Results.Json(DataSetAnswer.Of(set), CoreJson.Options, statusCode: StatusCodes.Status201Created) : Taken(name);
        }
        catch (DataException e)
        {
            return Problems.Of(StatusCodes.Status422UnprocessableEntity, e.Message);
        }
        finally
        {
            _uploads.Release();
        }
    }

    private static IResult Taken(string name) =>
        Problems.Of(StatusCodes.Status409Conflict, $"There is a data set '{name}' already. A name stays what it is, so that a run's data can't change: choose another, or delete it first.");

    private long? Free()
    {
        try
        {
            return new DriveInfo(runs.Path).AvailableFreeSpace;
        }
        catch (Exception e) when (e is IOException or ArgumentException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <param name="part">Null: the first.</param>
    /// <param name="label">The class; null: all.</param>
    private IResult Pictures(string name, string? part = null, [Microsoft.AspNetCore.Mvc.FromQuery(Name = "class")] string? label = null, int from = 0, int limit = 24)
    {
        if (Find(name) is not { } set) return None(name);
        if (limit is < 1 or > MaxPage || from < 0) return Problems.Of(StatusCodes.Status400BadRequest, $"limit: a number from 1 to {MaxPage}; from: at least 0.");
        if (set.Parts.FirstOrDefault(known => part is null || known.Name == part) is not { } chosen) return Problems.Of(StatusCodes.Status404NotFound, $"'{name}' has no part '{part}'.");
        if (label is not null && chosen.Classes.All(known => known.Name != label)) return Problems.Of(StatusCodes.Status404NotFound, $"'{name}' has no class '{label}'.");
        var archive = shelf.Open(set);
        int depth = chosen.Folder.Length == 0 ? 0 : chosen.Folder.Length + 1;
        return Results.Json(archive.Pictures(chosen, label).Skip(from).Take(limit).Select(path =>
            new SampleAnswer(path, path[depth..].Split('/')[0], $"/v1/data-sets/{name}/thumbnail?path={Uri.EscapeDataString(path)}")).ToList(), CoreJson.Options);
    }

    private async Task<IResult> ThumbnailAsync(HttpContext context, string name, string path)
    {
        if (Find(name) is not { } set) return None(name);
        await _thumbnails.WaitAsync(context.RequestAborted).ConfigureAwait(false);
        try
        {
            var archive = shelf.Open(set);
            if (archive.Thumbnail(path, ThumbnailSide) is not { } picture) return Problems.Of(StatusCodes.Status404NotFound, $"'{name}' has no picture '{path}' that can be read.");
            context.Response.Headers.CacheControl = "private, max-age=60";
            context.Response.Headers.XContentTypeOptions = "nosniff";
            return Results.Bytes(picture.Bytes, picture.MediaType);
        }
        finally
        {
            _thumbnails.Release();
        }
    }

    private IResult Remove(string name)
    {
        if (!DataSetName.IsValid(name) || !shelf.Has(new(name))) return None(name);
        if (UserOf(new(name)) is { } run) return Problems.Of(StatusCodes.Status409Conflict, $"The experiment '{run}' is not finished and is trained on '{name}': cancel it first.");
        return shelf.Remove(new(name)) ? Results.NoContent() : None(name);
    }

    /// <summary>An experiment that may still read it.</summary>
    private ExperimentName? UserOf(DataSetName name)
    {
        string mention = $"\"{RegisteredData.Prefix}{name}";
        foreach (var run in _journal.Names())
        {
            if (_journal.Load(run) is { Status: not (ExperimentStatus.Completed or ExperimentStatus.Cancelled) } experiment
                && (experiment.Definition.EffectiveConfiguration.Contains(mention + "\"", StringComparison.Ordinal) || experiment.Definition.EffectiveConfiguration.Contains(mention + "/", StringComparison.Ordinal))) return run;
        }

        return null;
    }
}
