using System.IO.Compression;
using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json.Nodes;
using ActorTrainer.Api;
using ActorTrainer.Core.Experiments;
using ActorTrainer.DataSets;
using SkiaSharp;
using static ActorTrainer.Actors.Coordination.CoordinatorProtocol;

namespace ActorTrainer.Tests.Api;

public sealed class DataSetRoutesSpec
{
    [Fact]
    public async Task A_zip_is_taken_shown_and_given_to_experiments_by_its_name()
    {
        await using var gateway = await TestGateway.StartAsync();
        byte[] zip = Zip("set/train/cat/1.png", "set/train/dog/1.png", "set/train/dog/2 ü.png", "set/test/cat/1.png");
        var taken = await Upload(gateway, "birds", zip);
        Assert.Equal(HttpStatusCode.Created, taken.StatusCode);
        var list = await gateway.Http.GetFromJsonAsync<JsonArray>("/v1/data-sets");
        var set = Assert.Single(list!)!;
        Assert.Equal(("birds", "dataset:birds", 4, (long)zip.Length), ((string)set["name"]!, (string)set["location"]!, (int)set["pictures"]!, (long)set["bytes"]!));
        Assert.Equal(["dataset:birds/set/train", "dataset:birds/set/test"], set["parts"]!.AsArray().Select(part => (string)part!["location"]!));
        Assert.Equal("dog", (string)set["parts"]![0]!["classes"]![1]!["name"]!);

        var dogs = await gateway.Http.GetFromJsonAsync<JsonArray>("/v1/data-sets/birds/pictures?class=dog&from=1");
        var dog = Assert.Single(dogs!)!;
        Assert.Equal(("set/train/dog/2 ü.png", "dog"), ((string)dog["path"]!, (string)dog["class"]!));
        var small = await gateway.Http.GetAsync((string)dog["thumbnail"]!);
        Assert.Equal("image/png", small.Content.Headers.ContentType!.MediaType);
        using var picture = SKBitmap.Decode(await small.Content.ReadAsByteArrayAsync());
        Assert.Equal((40, 30), (picture.Width, picture.Height));

        // Nothing but the zip itself is kept, and it stands where experiments find it.
        Assert.Equal(["birds.zip"], Directory.EnumerateFileSystemEntries(gateway.Runs.Runs.DataSets).Select(Path.GetFileName));
        using var data = new RegisteredDataReader(new ActorTrainer.Data.DataReader(), gateway.Runs.Runs).Open("dataset:birds/set/train", null, null, CancellationToken.None);
        Assert.Equal(["cat", "dog"], data.Manifest.Classes.ToArray());
    }

    [Fact]
    public async Task A_name_is_given_once_and_again_after_it_was_deleted()
    {
        await using var gateway = await TestGateway.StartAsync();
        (await Upload(gateway, "birds", Zip("a/1.png", "b/1.png"))).EnsureSuccessStatusCode();
        await GatewaySpec.IsProblem(await Upload(gateway, "birds", Zip("a/1.png", "b/1.png", "c/1.png")), HttpStatusCode.Conflict, "choose another");
        Assert.Equal(HttpStatusCode.NoContent, (await gateway.Http.DeleteAsync("/v1/data-sets/birds")).StatusCode);
        await GatewaySpec.IsProblem(await gateway.Http.GetAsync("/v1/data-sets/birds"), HttpStatusCode.NotFound, "no data set");
        (await Upload(gateway, "birds", Zip("a/1.png", "b/1.png", "c/1.png"))).EnsureSuccessStatusCode();
    }

    [Fact]
    public async Task What_is_no_picture_archive_is_refused_and_leaves_nothing()
    {
        await using var gateway = await TestGateway.StartAsync();
        await Refused("words"u8.ToArray(), HttpStatusCode.UnprocessableEntity, "The upload is not a readable zip");
        await Refused(Zip("a/1.png", "b/1.png")[..^9], HttpStatusCode.UnprocessableEntity, "not a readable zip");
        await Refused(Zip("a/1.png", "../b/1.png"), HttpStatusCode.UnprocessableEntity, "leads out");
        await Refused(Zip("a/1.png"), HttpStatusCode.UnprocessableEntity, "two class folders");
        await Refused(new byte[TestGateway.MaxUpload + 1], HttpStatusCode.RequestEntityTooLarge, "1 MiB");
        await GatewaySpec.IsProblem(await Upload(gateway, "Bad Name", Zip("a/1.png", "b/1.png")), HttpStatusCode.BadRequest, "lower-case");
        await GatewaySpec.IsProblem(await Upload(gateway, "..%2Fout", Zip("a/1.png", "b/1.png")), null, "");
        Assert.Empty(Directory.EnumerateFileSystemEntries(gateway.Runs.Runs.DataSets));

        async Task Refused(byte[] body, HttpStatusCode status, string words) => await GatewaySpec.IsProblem(await Upload(gateway, "birds", body), status, words);
    }

    [Fact]
    public async Task Two_uploads_are_taken_at_a_time()
    {
        await using var gateway = await TestGateway.StartAsync();
        using var first = new SlowContent();
        using var second = new SlowContent();
        var (one, two) = (gateway.Http.PutAsync("/v1/data-sets/one", first), gateway.Http.PutAsync("/v1/data-sets/two", second));
        string folder = gateway.Runs.Runs.DataSets;
        while (!Directory.Exists(folder) || Directory.EnumerateFiles(folder).Count() < 2) await Task.Delay(20);
        var third = await Upload(gateway, "three", Zip("a/1.png", "b/1.png"));
        await GatewaySpec.IsProblem(third, HttpStatusCode.TooManyRequests, "2 uploads");
        Assert.Equal(TimeSpan.FromSeconds(1), third.Headers.RetryAfter!.Delta);
        first.End();
        second.End();
        await GatewaySpec.IsProblem(await one, HttpStatusCode.UnprocessableEntity, "not a readable zip");
        await GatewaySpec.IsProblem(await two, HttpStatusCode.UnprocessableEntity, "not a readable zip");
        Assert.Equal(HttpStatusCode.Created, (await Upload(gateway, "three", Zip("a/1.png", "b/1.png"))).StatusCode);
    }

    [Theory]
    [InlineData("/v1/data-sets/none")]
    [InlineData("/v1/data-sets/birds/pictures?part=val")]
    [InlineData("/v1/data-sets/birds/pictures?class=owl")]
    [InlineData("/v1/data-sets/birds/pictures?limit=0")]
    [InlineData("/v1/data-sets/birds/thumbnail?path=..%2F..%2Fetc%2Fpasswd")]
    [InlineData("/v1/data-sets/birds/thumbnail")]
    [InlineData("/v1/templates/none?data=birds")]
    [InlineData("/v1/templates/head?data=none")]
    [InlineData("/v1/templates/head?data=birds&name=A")]
    public async Task What_is_not_there_is_a_problem(string address)
    {
        await using var gateway = await TestGateway.StartAsync();
        (await Upload(gateway, "birds", Zip("a/1.png", "b/1.png"))).EnsureSuccessStatusCode();
        await GatewaySpec.IsProblem(await gateway.Http.GetAsync(address), null, "");
    }

    [Fact]
    public async Task A_data_set_in_use_is_not_deleted()
    {
        await using var gateway = await TestGateway.StartAsync();
        (await Upload(gateway, "birds", Zip("a/1.png", "b/1.png"))).EnsureSuccessStatusCode();
        string template = await gateway.Http.GetStringAsync("/v1/templates/head?data=birds");
        string effective = ExperimentFile.Parse(template, "x.conf").Configuration!.Text;
        gateway.Runs.With("under-way", Some.History("under-way")[..3].Select(happened => happened is ExperimentEvents.ExperimentCreated e
            ? e with { Definition = e.Definition with { EffectiveConfiguration = effective } } : happened));
        await GatewaySpec.IsProblem(await gateway.Http.DeleteAsync("/v1/data-sets/birds"), HttpStatusCode.Conflict, "'under-way' is not finished");
    }

    [Fact]
    public async Task Each_may_do_what_its_key_says()
    {
        string reader = ApiKey.NewSecret(), submitter = ApiKey.NewSecret();
        await using var gateway = await TestGateway.StartAsync(new ApiKey(ApiScope.Read, ApiKey.HashOf(reader)), new ApiKey(ApiScope.Submit, ApiKey.HashOf(submitter)));
        await GatewaySpec.IsProblem(await gateway.Http.GetAsync("/v1/data-sets"), HttpStatusCode.Unauthorized, "key");
        gateway.Http.DefaultRequestHeaders.Authorization = new("Bearer", reader);
        Assert.Equal(HttpStatusCode.OK, (await gateway.Http.GetAsync("/v1/data-sets")).StatusCode);
        await GatewaySpec.IsProblem(await Upload(gateway, "birds", Zip("a/1.png", "b/1.png")), HttpStatusCode.Forbidden, "only read");
        gateway.Http.DefaultRequestHeaders.Authorization = new("Bearer", submitter);
        Assert.Equal(HttpStatusCode.Created, (await Upload(gateway, "birds", Zip("a/1.png", "b/1.png"))).StatusCode);
        await GatewaySpec.IsProblem(await gateway.Http.DeleteAsync("/v1/data-sets/birds"), HttpStatusCode.Forbidden, "admin");
    }

    [Theory]
    [InlineData("transfer")]
    [InlineData("head")]
    [InlineData("scratch")]
    public async Task Every_template_is_valid_and_trains_on_the_parts_that_there_are(string template)
    {
        await using var gateway = await TestGateway.StartAsync();
        (await Upload(gateway, "birds", Zip("train/a/1.png", "train/b/1.png", "test/a/1.png"))).EnsureSuccessStatusCode();
        string text = await gateway.Http.GetStringAsync($"/v1/templates/{template}?data=birds&name=my-birds");
        var checkedIt = await Check(gateway, text);
        Assert.True((bool)checkedIt["valid"]!, checkedIt.ToJsonString());
        Assert.Empty(checkedIt["warnings"]!.AsArray());
        Assert.Equal("my-birds", (string)checkedIt["name"]!);
        var settings = ExperimentFile.Parse(text, "x.conf").Configuration!.Settings;
        Assert.Equal(("dataset:birds/train", "dataset:birds/test"), (settings.Data.Train, settings.Data.Test));
    }

    [Fact]
    public async Task The_reference_is_at_hand() => Assert.Contains("promote-if", await ReferenceAsync(), StringComparison.Ordinal);

    private static async Task<string> ReferenceAsync()
    {
        await using var gateway = await TestGateway.StartAsync();
        return await gateway.Http.GetStringAsync("/v1/templates/reference.conf");
    }

    [Fact]
    public async Task Checking_tells_every_error_with_its_place_and_data_that_is_not_there()
    {
        await using var gateway = await TestGateway.StartAsync();
        var wrong = await Check(gateway, "experiment {\n  sed = 1\n  data.train = 5\n}");
        Assert.False((bool)wrong["valid"]!);
        var first = wrong["errors"]!.AsArray().First(error => (string)error!["path"]! == "experiment.sed")!;
        Assert.Equal((2, "seed"), ((int)first["line"]!, (string)first["suggestion"]!));

        const string Text = "experiment {\n  name = x, model.architecture = lenet5, training.phases = [{ epochs = 1 }]\n  data.train = \"dataset:birds/trian\"\n}";
        Assert.Contains("no data set 'birds'", (string)(await Check(gateway, Text))["errors"]![0]!["message"]!, StringComparison.Ordinal);
        (await Upload(gateway, "birds", Zip("train/a/1.png", "train/b/1.png"))).EnsureSuccessStatusCode();
        var missing = (await Check(gateway, Text))["errors"]![0]!;
        Assert.Equal((3, 17), ((int)missing["line"]!, (int)missing["column"]!));
        Assert.Contains("it has dataset:birds/train", (string)missing["message"]!, StringComparison.Ordinal);
        Assert.True((bool)(await Check(gateway, Text.Replace("trian", "train", StringComparison.Ordinal)))["valid"]!);
        Assert.Empty(gateway.Asked);
    }

    [Fact]
    public async Task A_submission_that_is_refused_tells_its_errors_one_by_one()
    {
        await using var gateway = await TestGateway.StartAsync();
        gateway.Answer = _ => new Accepted(new("x"), []);
        var answer = await gateway.Http.PostAsync("/v1/experiments", new StringContent("experiment { sed = 1 }", Encoding.UTF8));
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Contains("experiment.sed", (await answer.Content.ReadFromJsonAsync<JsonObject>())!["errors"]!.AsArray().Select(error => (string)error!["path"]!));
    }

    private static async Task<JsonObject> Check(TestGateway gateway, string text)
    {
        var answer = await gateway.Http.PostAsync("/v1/experiments:check", new StringContent(text, Encoding.UTF8));
        answer.EnsureSuccessStatusCode();
        return (await answer.Content.ReadFromJsonAsync<JsonObject>())!;
    }

    private static Task<HttpResponseMessage> Upload(TestGateway gateway, string name, byte[] zip) => gateway.Http.PutAsync($"/v1/data-sets/{name}", new ByteArrayContent(zip));

    internal static byte[] Zip(params string[] paths)
    {
        using var bytes = new MemoryStream();
        using (var archive = new ZipArchive(bytes, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach (string path in paths)
            {
                using var entry = archive.CreateEntry(path).Open();
                entry.Write(Pictures.Png(SKColors.Teal));
            }
        }

        return bytes.ToArray();
    }

    /// <summary>A body that ends when it is told to.</summary>
    private sealed class SlowContent : HttpContent
    {
        private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public void End() => _ended.SetResult();

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            await stream.WriteAsync("words"u8.ToArray());
            await stream.FlushAsync();
            await _ended.Task;
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}
