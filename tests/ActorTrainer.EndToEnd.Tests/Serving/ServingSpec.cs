using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using ActorTrainer.EndToEnd.Tests.BadInput;
using ActorTrainer.EndToEnd.Tests.Cluster;
using ActorTrainer.EndToEnd.Tests.Processes;

namespace ActorTrainer.EndToEnd.Tests.Serving;

/// <summary>
/// Two runs of one name, the older set aside: their models answer over HTTP, in a node of a cluster and in a process by itself, and the answer changes with
/// the version without a failed request.
/// </summary>
[Collection(ProcessTests.Name)]
public sealed partial class ServingSpec : IDisposable
{
    private readonly Workshop _workshop = new();

    public void Dispose() => _workshop.Dispose();

    [Fact]
    public async Task A_model_answers_in_every_form_and_its_version_changes_under_load()
    {
        string[] short_ = ["--set", "experiment.training.phases.0.epochs=1", "--set", "experiment.checkpoint.every-steps=null"];
        (await _workshop.Train([.. short_])).Returns(0);
        (await _workshop.Train([.. short_, "--set", "experiment.seed=2", "--fresh", "--yes"])).Returns(0);
        byte[] digit = Png(), other = Png(0x40);

        using var node = RunningProgram.Start(_workshop.Folder, ["node", "--runs", _workshop.Runs, "--port", $"{TestCluster.FreePort()}", "--http", "0"]);
        using var http = await ClientOf(node, "HTTP on");
        var versions = (await http.GetFromJsonAsync<JsonObject>($"/v1/models/{Workshop.Tiny}"))!["versions"]!.AsArray();
        string newer = (string)versions[0]!["version"]!, older = (string)versions[1]!["version"]!;

        // The three forms of /v1, and what the command says.
        var raw = await Predict(http, Picture(digit));
        using var form = new MultipartFormDataContent { { Picture(digit), "files", "a.png" }, { Picture(other), "files", "b.png" } };
        var several = await Predict(http, form);
        var base64 = await Predict(http, JsonContent.Create(new { images = new[] { Convert.ToBase64String(digit) } }));
        Assert.Equal(newer, (string)raw["version"]!);
        Assert.Equal(Predictions(raw), Predictions(base64));
        Assert.Equal(2, several["results"]!.AsArray().Count);
        string file = _workshop.Write("digit.png", digit);
        var told = JsonNode.Parse((await _workshop.Ask("predict", Workshop.Tiny, file, "--json", "--top", "4")).Returns(0).Output)!;
        Assert.Equal(told["predictions"]!.ToJsonString(), (await Predict(http, Picture(digit), "?top=4"))["results"]![0]!["predictions"]!.ToJsonString());

        // The inference protocol, on pixels.
        Assert.True((await http.GetAsync($"/v2/models/{Workshop.Tiny}/ready")).IsSuccessStatusCode);
        var infer = await http.PostAsJsonAsync($"/v2/models/{Workshop.Tiny}/infer", new { inputs = new[] { new { name = "image", shape = new[] { 2, 32, 32, 1 }, datatype = "UINT8", data = Enumerable.Range(0, 2 * 32 * 32).Select(i => i % 256) } } });
        var tensors = JsonNode.Parse(await infer.Content.ReadAsStringAsync())!["outputs"]!;
        Assert.Equal("[2,4]", tensors[0]!["shape"]!.ToJsonString());
        Assert.Equal(2, tensors[0]!["data"]!.AsArray().Sum(p => (double)p!), 4);

        await Hostile(http, digit);

        // An older version under load: every request is answered, and after the promotion by the older.
        using var stop = new CancellationTokenSource();
        var load = Enumerable.Range(0, 4).Select(async _ =>
        {
            var answered = new List<string>();
            while (!stop.IsCancellationRequested) answered.Add((string)(await Predict(http, Picture(digit)))["version"]!);
            return answered;
        }).ToList();
        await Task.Delay(200);
        Assert.Equal(HttpStatusCode.OK, (await http.PostAsJsonAsync($"/v1/models/{Workshop.Tiny}/promote", new { version = older })).StatusCode);
        var promoted = await Predict(http, Picture(digit));
        await stop.CancelAsync();
        Assert.All(await Task.WhenAll(load), answered => Assert.Equal(answered.OrderBy(version => version == older), answered));
        Assert.Equal(older, (string)promoted["version"]!);
        Assert.NotEqual(Predictions(raw), Predictions(promoted));

        // A process by itself reads the same journal, and has no cluster to ask.
        using var alone = RunningProgram.Start(_workshop.Folder, ["serve", "--runs", _workshop.Runs, "--http", "0"]);
        using var client = await ClientOf(alone, "Serving");
        Assert.Equal(Predictions(promoted), Predictions(await Predict(client, Picture(digit))));
        await alone.Until("it says that it is ready", () => client.GetAsync("/ready").Result.IsSuccessStatusCode);
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync($"/v1/experiments/{Workshop.Tiny}")).StatusCode);

        // What was decided there is taken back here, from a shell.
        using var shell = RunningProgram.Start(_workshop.Folder, ["models", "rollback", Workshop.Tiny, "--json", "--server", $"{client.BaseAddress}"]);
        var model = (await shell.Ended()).Completes().Lines.Single();
        Assert.Equal((newer, "rolled-back", older), ((string)model["answering"]!, (string)model["history"]![1]!["decision"]!, (string)model["history"]![1]!["version"]!));
        Assert.Equal(newer, (string)(await Predict(client, Picture(digit)))["version"]!);
        Assert.Equal(HttpStatusCode.MethodNotAllowed, (await client.PostAsync("/v1/experiments", new StringContent(""))).StatusCode);
        alone.Signal(System.Runtime.InteropServices.PosixSignal.SIGTERM);
        (await alone.Ended()).Returns(0);
    }

    /// <summary>Whatever is sent, the answer is an error of the sender's, and the service goes on.</summary>
    private static async Task Hostile(HttpClient http, byte[] digit)
    {
        byte[] noise = [.. Enumerable.Range(0, 20_000).Select(i => (byte)(i * 2654435761L >> 9))];
        var bodies = Enumerable.Range(0, 40).Select(i => (Bytes: i % 2 == 0 ? noise[(i * 17)..(i * 17 + i * 100)] : digit[..(digit.Length * i / 80)], Type: i % 3 == 0 ? "application/json" : i % 3 == 1 ? "image/png" : "multipart/form-data; boundary=x"))
            .Append((digit, "text/html")).Append((digit, "application/x-www-form-urlencoded"));
        foreach (var (bytes, type) in bodies)
        {
            foreach (string place in new[] { $"/v1/models/{Workshop.Tiny}:predict", $"/v2/models/{Workshop.Tiny}/infer" })
            {
                using var content = new ByteArrayContent(bytes) { Headers = { ContentType = MediaTypeHeaderValue.Parse(type) } };
                var answer = await http.PostAsync(place, content);
                string text = await answer.Content.ReadAsStringAsync();
                Assert.True((int)answer.StatusCode is >= 400 and < 500, $"{type}, {bytes.Length} bytes to {place}: {answer.StatusCode} {text}");
                Assert.NotEmpty((string?)JsonNode.Parse(text)![place.StartsWith("/v2", StringComparison.Ordinal) ? "error" : "detail"] ?? "");
            }
        }

        Assert.Equal(HttpStatusCode.OK, (await http.GetAsync("/health")).StatusCode);
    }

    private static byte[] Png(byte level = 0xC0) => Pictures.Png(40, 30, level);

    private static ByteArrayContent Picture(byte[] bytes) => new(bytes) { Headers = { ContentType = new("image/png") } };

    private static async Task<JsonObject> Predict(HttpClient http, HttpContent content, string query = "")
    {
        var answer = await http.PostAsync($"/v1/models/{Workshop.Tiny}:predict{query}", content);
        string text = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.IsSuccessStatusCode, $"{answer.StatusCode}: {text}");
        return (JsonObject)JsonNode.Parse(text)!;
    }

    /// <summary>Of the first picture. To five digits: the last ones depend on which requests shared a batch.</summary>
    private static string Predictions(JsonObject answer) =>
        string.Join(' ', answer["results"]![0]!["predictions"]!.AsArray().Select(best => FormattableString.Invariant($"{best!["label"]} {(double)best["probability"]!:0.00000}")));

    private static async Task<HttpClient> ClientOf(RunningProgram program, string said)
    {
        await program.Until("it listens", () => program.Error.Split('\n').Any(line => line.StartsWith(said, StringComparison.Ordinal) && Url().IsMatch(line)));
        return new() { BaseAddress = new(Url().Match(program.Error).Value), Timeout = TimeSpan.FromMinutes(1) };
    }

    [GeneratedRegex(@"http://127\.0\.0\.1:\d+")]
    private static partial Regex Url();
}
