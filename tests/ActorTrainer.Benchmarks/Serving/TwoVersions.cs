using System.Collections.Immutable;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using ActorTrainer.Benchmarks.Micro;

namespace ActorTrainer.Benchmarks.Serving;

/// <summary>Two versions of a model at a gateway, what each says to some pictures when it is asked by name, and whether it goes on saying that.</summary>
internal sealed class TwoVersions : IDisposable
{
    private const int Pictures = 8;

    /// <summary>The last digits depend on which requests share a batch.</summary>
    private const double Tolerance = 1e-4;

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);
    private readonly HttpClient _http;
    private readonly string _model;
    private readonly ImmutableArray<byte[]> _pictures = [.. Enumerable.Range(0, Pictures).Select(SomePictures.Jpeg)];
    private readonly Dictionary<string, ImmutableArray<ImmutableSortedDictionary<string, double>>> _answers = [];
    private readonly Lock _lock = new();
    private ImmutableArray<string> _versions = [];
    private int _changes;
    private string? _answering;
    private int _retried, _failed, _wrong;
    private string? _first;

    private TwoVersions(Uri url, string model) => (_http, _model) = (new(new SocketsHttpHandler()) { BaseAddress = url }, model);

    public int Swaps { get; private set; }
    public int Retried => _retried;
    public int Failed => _failed;
    public int Wrong => _wrong;
    public string? FirstFailure => _first;

    /// <summary>Both loaded, the newer answering. Throws <see cref="InvalidOperationException"/> where there are not two, or they say the same.</summary>
    public static async Task<TwoVersions> OfAsync(Uri url, string model, CancellationToken cancel)
    {
        var both = new TwoVersions(url, model);
        var shown = await both._http.GetFromJsonAsync<JsonObject>($"/v1/models/{model}", cancel).ConfigureAwait(false);
        both._versions = [.. shown!["versions"]!.AsArray().Take(2).Select(version => (string)version!["version"]!)];
        if (both._versions.Length < 2) throw new InvalidOperationException($"Two versions of '{model}' are needed; there is {both._versions.Length}.");
        foreach (string version in both._versions)
        {
            var said = ImmutableArray.CreateBuilder<ImmutableSortedDictionary<string, double>>();
            for (int i = 0; i < Pictures; i++) said.Add(Of(JsonNode.Parse(await both.OnceAsync(i, $"/versions/{version}", cancel).ConfigureAwait(false))!));
            both._answers[version] = said.ToImmutable();
        }

        if (Enumerable.Range(0, Pictures).All(i => Alike(both._answers[both._versions[0]][i], both._answers[both._versions[1]][i]))) throw new InvalidOperationException("Both versions say the same: a change could not be seen.");
        await both.SwapAsync(cancel).ConfigureAwait(false);
        return both;
    }

    /// <summary>What was counted so far does not count.</summary>
    public void Forget() => (Swaps, _retried) = (0, 0);

    public void Dispose() => _http.Dispose();

    /// <summary>As a client with one retry does: another try after a moment where it was refused or cut off.</summary>
    public async Task AskAsync(int number, CancellationToken cancel)
    {
        int picture = number % Pictures, changes;
        string? answering;
        for (int attempt = 1; ; attempt++)
        {
            lock (_lock) (changes, answering) = (_changes, _answering);
            try
            {
                Judge(picture, JsonNode.Parse(await OnceAsync(picture, "", cancel).ConfigureAwait(false))!, changes, answering);
                if (attempt > 1) Interlocked.Increment(ref _retried);
                return;
            }
            catch (HttpRequestException e) when (attempt == 2)
            {
                Interlocked.Increment(ref _failed);
                Interlocked.CompareExchange(ref _first, e.Message, null);
                return;
            }
            catch (HttpRequestException)
            {
                await Task.Delay(Pause, cancel).ConfigureAwait(false);
            }
        }
    }

    /// <summary>The other version answers from when this returns.</summary>
    public async Task SwapAsync(CancellationToken cancel)
    {
        string next = _answering == _versions[0] ? _versions[1] : _versions[0];
        lock (_lock) (_changes, _answering) = (_changes + 1, null);
        using var answer = await _http.PostAsJsonAsync($"/v1/models/{_model}/promote", new { version = next }, cancel).ConfigureAwait(false);
        if (answer.StatusCode != HttpStatusCode.OK) throw new InvalidOperationException($"The version could not be changed: {await answer.Content.ReadAsStringAsync(cancel).ConfigureAwait(false)}");
        lock (_lock) (_changes, _answering, Swaps) = (_changes + 1, next, Swaps + 1);
    }

    /// <summary>Throws <see cref="HttpRequestException"/> for whatever is no answer.</summary>
    private async Task<string> OnceAsync(int picture, string version, CancellationToken cancel)
    {
        using var content = new ByteArrayContent(_pictures[picture]) { Headers = { ContentType = new("image/jpeg") } };
        using var answer = await _http.PostAsync($"/v1/models/{_model}{version}:predict?top=100", content, cancel).ConfigureAwait(false);
        string text = await answer.Content.ReadAsStringAsync(cancel).ConfigureAwait(false);
        return answer.IsSuccessStatusCode ? text : throw new HttpRequestException($"{(int)answer.StatusCode}: {text}");
    }

    /// <param name="changes">How many had begun or ended when the request was sent.</param>
    /// <param name="answering">Who answered then; null: it was being changed.</param>
    private void Judge(int picture, JsonNode answer, int changes, string? answering)
    {
        string version = (string)answer["version"]!;
        bool isDue, isRight = _answers.TryGetValue(version, out var said) && Alike(said[picture], Of(answer));
        lock (_lock) isDue = answering is null || _changes != changes || version == answering;
        if (isRight && isDue) return;
        Interlocked.Increment(ref _wrong);
        Interlocked.CompareExchange(ref _first, isRight ? $"{version} answered, and {answering} had been promoted" : $"{version} said {answer["results"]!.ToJsonString()}", null);
    }

    private static ImmutableSortedDictionary<string, double> Of(JsonNode answer) =>
        answer["results"]![0]!["predictions"]!.AsArray().ToImmutableSortedDictionary(best => (string)best!["label"]!, best => (double)best!["probability"]!);

    private static bool Alike(ImmutableSortedDictionary<string, double> a, ImmutableSortedDictionary<string, double> b) =>
        a.Count == b.Count && a.All(entry => b.TryGetValue(entry.Key, out double other) && Math.Abs(entry.Value - other) < Tolerance);
}
