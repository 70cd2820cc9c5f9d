using System.Globalization;
using System.Net.Http.Json;
using ActorTrainer.Client.Http;

namespace ActorTrainer.Client;

/// <summary>Models, their versions, and predictions. Every call throws <see cref="ServiceException"/>. Looking and asking need a key with the scope read; which version answers is a matter of admin.</summary>
public sealed class ModelsClient
{
    private const string Root = "/v1/models";

    /// <summary>As the service has it; and what an answer may take on its way beyond that.</summary>
    private static readonly TimeSpan UsualTimeout = TimeSpan.FromSeconds(10), OnItsWay = TimeSpan.FromSeconds(10);

    private readonly Gateways _gateways;

    internal ModelsClient(Gateways gateways) => _gateways = gateways;

    /// <summary>By name.</summary>
    public async Task<IReadOnlyList<ModelSummary>> ListAsync(CancellationToken cancel = default) => await _gateways.GetAsync(Root, ClientJson.Default.ModelSummaryArray, cancel).ConfigureAwait(false);

    public Task<ModelDetails> ShowAsync(string model, CancellationToken cancel = default) => _gateways.GetAsync(Of(model), ClientJson.Default.ModelDetails, cancel);

    /// <summary>Lets a version answer from now on. It is loaded first, so that no request waits for it.</summary>
    public Task<ModelDetails> PromoteAsync(string model, string version, CancellationToken cancel = default) => ChangeAsync(new(HttpMethod.Post, $"{Of(model)}/promote")
    {
        Body = _ => JsonContent.Create(new VersionChoice(version), ClientJson.Default.VersionChoice), IsRepeatable = true,
    }, cancel);

    /// <summary>Takes the last promotion back; the one before it counts again. Not repeated once it was sent: said twice, it would take two back.</summary>
    public Task<ModelDetails> RollBackAsync(string model, CancellationToken cancel = default) => ChangeAsync(new(HttpMethod.Post, $"{Of(model)}/rollback"), cancel);

    /// <summary>Gives a version a share of the requests that name none.</summary>
    /// <param name="share">Of 1, greater than 0, at most 1.</param>
    public Task<ModelDetails> BeginCanaryAsync(string model, string version, double share, CancellationToken cancel = default) => ChangeAsync(new(HttpMethod.Post, $"{Of(model)}/canary")
    {
        Body = _ => JsonContent.Create(new Canary(version, share), ClientJson.Default.Canary), IsRepeatable = true,
    }, cancel);

    /// <summary>Gives all requests to the version that answers again. Not repeated once it was sent.</summary>
    public Task<ModelDetails> EndCanaryAsync(string model, CancellationToken cancel = default) => ChangeAsync(new(HttpMethod.Delete, $"{Of(model)}/canary"), cancel);

    /// <summary>What a picture shows.</summary>
    public Task<PredictionAnswer> PredictAsync(string model, Picture picture, PredictionOptions? options = null, CancellationToken cancel = default) => PredictAsync(model, [picture], options, cancel);

    /// <summary>
    /// What pictures show, all by the same version. One that can't be read fails the request (422) and is named in it. 429: more waits than the service takes, so ask again after <see cref="ServiceException.RetryAfter"/>.
    /// A gateway that is gone is made up for: the pictures are sent once more, to another. Throws <see cref="ArgumentException"/> where there is no picture.
    /// </summary>
    /// <param name="pictures">128 at most, and 16 MiB.</param>
    public Task<PredictionAnswer> PredictAsync(string model, IReadOnlyList<Picture> pictures, PredictionOptions? options = null, CancellationToken cancel = default)
    {
        if (pictures.Count == 0) throw new ArgumentException("There is no picture.", nameof(pictures));
        options ??= new();
        string version = options.Version is { } exactly ? $"/versions/{Uri.EscapeDataString(exactly)}" : "";
        return _gateways.AskAsync(new(HttpMethod.Post, $"{Of(model)}{version}:predict{QueryOf(options)}")
        {
            Body = _ => BodyOf(pictures),
            Head = message => { if (options.RoutingKey is { } key) message.Headers.Add("Routing-Key", key); },
            IsRepeatable = true,
            Patience = (options.Timeout ?? UsualTimeout) + OnItsWay,
            Wait = TimeSpan.Zero,
        }, ClientJson.Default.PredictionAnswer, cancel);
    }

    /// <summary>
    /// Writes a version's weights, as safetensors, to a stream. Where a gateway goes away it goes on from there at another; what came is compared with the SHA-256 that the service has.
    /// </summary>
    /// <param name="version">Null: the one that answers.</param>
    /// <param name="progress">Told the bytes that have come.</param>
    /// <returns>The version that they are of.</returns>
    public async Task<ModelVersion> DownloadWeightsAsync(string model, Stream destination, string? version = null, IProgress<long>? progress = null, CancellationToken cancel = default)
    {
        var found = await ShowAsync(model, cancel).ConfigureAwait(false);
        string name = version ?? found.Answering;
        var chosen = found.Versions.FirstOrDefault(known => known.Version == name)
            ?? throw new ServiceException(ServiceFailure.Refused, $"The model '{model}' has no version '{name}'. It has: {string.Join(", ", found.Versions.Select(known => known.Version))}.") { Status = 404 };
        await new WeightsDownload(_gateways, $"{Of(model)}/versions/{Uri.EscapeDataString(name)}/weights", chosen.WeightsSha256).WriteAsync(destination, progress, cancel).ConfigureAwait(false);
        return chosen;
    }

    /// <summary>No coordinator has a part in it, so there is none to wait for: 503 says that the version can't be loaded.</summary>
    private Task<ModelDetails> ChangeAsync(Question question, CancellationToken cancel) =>
        _gateways.AskAsync(question with { Patience = Question.LongPatience, Wait = TimeSpan.Zero }, ClientJson.Default.ModelDetails, cancel);

    /// <summary>A picture without a name is the body itself.</summary>
    private static HttpContent BodyOf(IReadOnlyList<Picture> pictures)
    {
        if (pictures is [{ Name: null } only]) return Content(only);
        var form = new MultipartFormDataContent();
        for (int i = 0; i < pictures.Count; i++) form.Add(Content(pictures[i]), "pictures", pictures[i].Name is { Length: > 0 } name ? name : (i + 1).ToString(CultureInfo.InvariantCulture));
        return form;
    }

    private static ReadOnlyMemoryContent Content(Picture picture) => new(picture.Bytes) { Headers = { ContentType = new("application/octet-stream") } };

    private static string QueryOf(PredictionOptions options)
    {
        string?[] parts =
        [
            options.Top is { } top ? string.Create(CultureInfo.InvariantCulture, $"top={top}") : null,
            options.Timeout is { } timeout ? string.Create(CultureInfo.InvariantCulture, $"timeout={timeout.TotalSeconds:0.###}") : null,
        ];
        string query = string.Join('&', parts.OfType<string>());
        return query.Length > 0 ? "?" + query : "";
    }

    private static string Of(string model) => $"{Root}/{Uri.EscapeDataString(model)}";
}
