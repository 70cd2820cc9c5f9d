using System.IO.Compression;
using System.Security.Cryptography;
using ActorTrainer.Client;
using ActorTrainer.Tests.Api;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using SkiaSharp;

namespace ActorTrainer.Tests.Client;

public sealed class UploadSpec : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public UploadSpec()
    {
        Pictures.Write(_folder["set/train/crow"], 3, SKColors.Black);
        Pictures.Write(_folder["set/train/Öwl & co"], 2, SKColors.White);
        Pictures.Write(_folder["set/test/crow"], 1, SKColors.Black);
        File.WriteAllText(_folder["set/train/crow/.DS_Store"], "nothing");
        File.WriteAllText(_folder["set/empty.txt"], "");
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_folder_arrives_as_a_zip_that_depends_on_its_files_alone()
    {
        await using var gateway = await TestGateway.StartAsync();
        using var client = new ActorTrainerClient(new() { Servers = [new(gateway.Url)] });
        var told = new Progress();
        var set = await client.DataSets.UploadFolderAsync("birds", _folder["set"], told);
        Assert.Equal(("dataset:birds", 6), (set.Location, set.Pictures));
        Assert.Equal([("train", 5), ("test", 1)], set.Parts.Select(part => (part.Name, part.Pictures)));
        Assert.Equal(["crow", "Öwl & co"], set.Parts[0].Classes.Select(entry => entry.Name).Order(StringComparer.Ordinal));
        Assert.Equal((set.Bytes, set.Bytes), (told.Last.Sent, told.Last.Total));
        Assert.Equal(set with { }, await client.DataSets.ShowAsync("birds") with { Parts = set.Parts });

        foreach (string file in Directory.EnumerateFiles(_folder["set"], "*", SearchOption.AllDirectories)) File.SetLastWriteTimeUtc(file, new(2020, 1, 1, 0, 0, 0, DateTimeKind.Utc));
        await client.DataSets.UploadFolderAsync("again", _folder["set"]);
        Assert.Equal(Hash("birds"), Hash("again"));
        using var zip = ZipFile.OpenRead(Stored("birds"));
        Assert.DoesNotContain(zip.Entries, entry => entry.FullName.Contains("/.", StringComparison.Ordinal));
        Assert.Equal(zip.Entries.Select(entry => entry.FullName).Order(StringComparer.Ordinal), zip.Entries.Select(entry => entry.FullName));

        string Stored(string name) => Path.Combine(gateway.Runs.Runs.DataSets, name + ".zip");
        string Hash(string name) => Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(Stored(name))));
    }

    [Fact]
    public async Task Links_are_followed_and_one_that_leads_back_is_not_followed_for_ever()
    {
        Directory.CreateSymbolicLink(_folder["set/train/linked"], _folder["set/test/crow"]);
        Directory.CreateSymbolicLink(_folder["set/train/round"], _folder["set"]);
        File.CreateSymbolicLink(_folder["set/train/crow/link.png"], _folder["set/test/crow/00.png"]);
        await using var gateway = await TestGateway.StartAsync();
        using var client = new ActorTrainerClient(new() { Servers = [new(gateway.Url)] });
        var train = (await client.DataSets.UploadFolderAsync("birds", _folder["set"])).Parts[0];
        Assert.Equal([("crow", 4), ("linked", 1), ("Öwl & co", 2)], train.Classes.Select(entry => (entry.Name, entry.Pictures)).OrderBy(entry => entry.Name, StringComparer.Ordinal));
    }

    [Fact]
    public async Task Refusals_come_with_their_status_and_leave_nothing()
    {
        await using var gateway = await TestGateway.StartAsync();
        using var client = new ActorTrainerClient(new() { Servers = [new(gateway.Url)] });
        await client.DataSets.UploadFolderAsync("birds", _folder["set"]);
        Assert.Equal(409, (await Refused(() => client.DataSets.UploadFolderAsync("birds", _folder["set"]))).Status);
        Assert.Equal(422, (await Refused(() => client.DataSets.UploadAsync("words", new MemoryStream("words"u8.ToArray())))).Status);
        Assert.Equal(400, (await Refused(() => client.DataSets.UploadAsync("No Name", new MemoryStream([1])))).Status);
        File.WriteAllBytes(_folder["set/train/crow/large.png"], new byte[TestGateway.MaxUpload]);
        var sent = new Progress();
        var large = await Refused(() => client.DataSets.UploadFolderAsync("large", _folder["set"], sent));
        Assert.Equal((413, 0), (large.Status, sent.Last.Sent));     // its head was enough
        Assert.Contains("1 MiB", large.Message, StringComparison.Ordinal);
        Assert.Equal(["birds.zip"], Directory.EnumerateFileSystemEntries(gateway.Runs.Runs.DataSets).Select(Path.GetFileName));

        await client.DataSets.DeleteAsync("birds");
        Assert.Equal(404, (await Refused(() => client.DataSets.DeleteAsync("birds"))).Status);

        static Task<ServiceException> Refused(Func<Task> wish) => Assert.ThrowsAsync<ServiceException>(wish);
    }

    [Fact]
    public async Task What_reading_throws_comes_through_and_an_upload_that_breaks_off_is_none()
    {
        await using var gateway = await TestGateway.StartAsync();
        using var client = new ActorTrainerClient(new() { Servers = [new(gateway.Url)] });
        await Assert.ThrowsAsync<DirectoryNotFoundException>(() => client.DataSets.UploadFolderAsync("none", _folder["nowhere"]));
        await Assert.ThrowsAsync<EndOfStreamException>(() => client.DataSets.UploadAsync("cut", new FailingStream()));
        string growing = _folder["set/train/crow/00.png"];
        var changed = await Assert.ThrowsAsync<IOException>(() => client.DataSets.UploadFolderAsync("changed", _folder["set"], new Once(() => File.AppendAllText(growing, "more"))));
        Assert.Contains("has changed", changed.Message, StringComparison.Ordinal);
        string folder = gateway.Runs.Runs.DataSets;
        while (Directory.Exists(folder) && Directory.EnumerateFileSystemEntries(folder).Any()) await Task.Delay(10);     // the gateway notices in its own time
        Assert.Empty(await client.DataSets.ListAsync());
    }

    [Fact]
    public async Task A_gateway_that_dies_in_the_middle_is_a_loss_and_not_asked_twice()
    {
        File.WriteAllBytes(_folder["set/train/crow/large.png"], new byte[8 << 20]);
        int asked = 0;
        await using var dying = WebApplication.CreateSlimBuilder().Build();
        dying.Urls.Add("http://127.0.0.1:0");
        dying.MapPut("/v1/data-sets/{name}", async (HttpContext context) =>
        {
            asked++;
            _ = await context.Request.Body.ReadAsync(new byte[1]);
            context.Abort();
        });
        await dying.StartAsync();
        using var client = new ActorTrainerClient(new() { Servers = [new(dying.Urls.Single())] });
        Assert.Equal(ServiceFailure.Lost, (await Assert.ThrowsAsync<ServiceException>(() => client.DataSets.UploadFolderAsync("birds", _folder["set"]))).Failure);
        Assert.Equal(1, asked);
    }

    private sealed class Progress : IProgress<UploadProgress>
    {
        public UploadProgress Last { get; private set; }

        public void Report(UploadProgress value) => Last = value;
    }

    /// <summary>Does something when the first bytes are sent.</summary>
    private sealed class Once(Action act) : IProgress<UploadProgress>
    {
        private bool _done;

        public void Report(UploadProgress value)
        {
            if (!_done) act();
            _done = true;
        }
    }

    private sealed class FailingStream : MemoryStream
    {
        public override bool CanSeek => false;

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => throw new EndOfStreamException("the tape ends here");
    }
}
