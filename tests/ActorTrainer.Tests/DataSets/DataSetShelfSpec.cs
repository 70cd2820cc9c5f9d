using ActorTrainer.Core.Data;
using ActorTrainer.Data.Inspection;
using ActorTrainer.DataSets;
using ActorTrainer.Tests.Api;
using Microsoft.Extensions.Time.Testing;

namespace ActorTrainer.Tests.DataSets;

public sealed class DataSetShelfSpec : IDisposable
{
    private static readonly ArchiveLimits Limits = new(100, 1 << 20, 1 << 20, 1 << 20);
    private static readonly byte[] Birds = DataSetRoutesSpec.Zip("crow/1.png", "wren/1.png");
    private readonly TemporaryFolder _folder = new();
    private readonly FakeTimeProvider _time = new(TimeProvider.System.GetUtcNow());

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Of_many_who_bring_the_same_name_at_once_one_is_first()
    {
        var shelves = Enumerable.Range(0, 6).Select(_ => Shelf()).ToList();
        var taken = await Task.WhenAll(shelves.Select(shelf => Add(shelf, "birds")));
        Assert.Single(taken.OfType<ShelvedDataSet>());
        Assert.Equal(["birds.zip"], Files());
    }

    [Fact]
    public async Task Half_an_upload_has_no_name_and_goes_when_it_was_abandoned()
    {
        File.WriteAllBytes(Path.Combine(_folder.Path, ".upload-dead"), Birds[..50]);
        Assert.Empty(Shelf().List());
        await Add(Shelf(), "birds");
        Assert.Contains(".upload-dead", Files());
        _time.Advance(TimeSpan.FromDays(2));
        await Add(Shelf(), "more");
        Assert.Equal(["birds.zip", "more.zip"], Files());
    }

    [Fact]
    public async Task An_upload_that_breaks_off_leaves_nothing()
    {
        using var broken = new BrokenStream(Birds);
        await Assert.ThrowsAsync<IOException>(() => Shelf().AddAsync(new("birds"), broken, Limits, CancellationToken.None));
        Assert.Empty(Files());
    }

    [Fact]
    public async Task A_zip_that_was_replaced_on_the_disk_is_looked_at_again_and_one_that_is_none_is_no_data_set()
    {
        var shelf = Shelf();
        await Add(shelf, "birds");
        Assert.Equal(2, shelf.Find(new("birds"))!.Parts[0].Classes.Length);
        File.WriteAllBytes(Path.Combine(_folder.Path, "birds.zip"), DataSetRoutesSpec.Zip("crow/1.png", "wren/1.png", "owl/1.png"));
        Assert.Equal(3, shelf.Find(new("birds"))!.Parts[0].Classes.Length);
        File.WriteAllText(Path.Combine(_folder.Path, "birds.zip"), "words");
        Assert.Null(shelf.Find(new("birds")));
        Assert.Empty(shelf.List());
    }

    [Fact]
    public async Task A_name_that_is_not_there_is_told_with_those_that_are()
    {
        var shelf = Shelf();
        await Add(shelf, "birds");
        Assert.Contains("There are: birds", Assert.Throws<DataException>(() => shelf.Locate(RegisteredData.Parse("dataset:bird/train")!)).Message, StringComparison.Ordinal);
    }

    private DataSetShelf Shelf() => new(_folder.Path, _time);

    private static Task<ShelvedDataSet?> Add(DataSetShelf shelf, string name) => shelf.AddAsync(new(name), new MemoryStream(Birds), Limits, CancellationToken.None);

    private IEnumerable<string> Files() => Directory.EnumerateFileSystemEntries(_folder.Path).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal);

    private sealed class BrokenStream(byte[] bytes) : MemoryStream(bytes)
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            Position > 0 ? throw new IOException("gone") : base.ReadAsync(buffer[..10], cancellationToken);

        public override Task CopyToAsync(Stream destination, int bufferSize, CancellationToken cancellationToken) => throw new IOException("gone");
    }
}
