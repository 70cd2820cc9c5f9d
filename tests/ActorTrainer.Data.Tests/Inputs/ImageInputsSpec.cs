using ActorTrainer.Core.Data;
using ActorTrainer.Data.Inputs;

namespace ActorTrainer.Data.Tests.Inputs;

public sealed class ImageInputsSpec : IDisposable
{
    private readonly DataReader _reader = new();
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Files_folders_zips_and_entries_become_named_pictures_without_a_class()
    {
        string single = _folder.WritePicture("single.picture", 3, 4, 4);
        _folder.WritePicture("many/b/1.png", 5, 4, 4);
        _folder.WritePicture("many/a.png", 4, 4, 4);
        _folder.Write("many/broken.jpg", [0xFF, 0xD8, 0]);
        _folder.Write("many/notes.txt", [1]);
        string zip = _folder.WriteZip("x.zip", ("t/1.png", TemporaryFolder.Picture(6, 4, 4)), ("t/2.png", TemporaryFolder.Picture(7, 4, 4)));
        string many = Path.Combine(_folder.Path, "many");

        using var data = ImageInputs.Open([single, many + "/", $"{zip}/t/2.png", zip, $"{zip}/t"]);
        Assert.Equal([single, $"{many}/a.png", $"{many}/b/1.png", $"{many}/broken.jpg", $"{zip}/t/2.png", $"{zip}/t/1.png", $"{zip}/t/2.png", $"{zip}/t/1.png", $"{zip}/t/2.png"],
            data.Manifest.Samples.Select(sample => sample.Path));

        using var source = _reader.OpenBatches(data, new([], 3, 4, Rgb.White, CorruptFilePolicy.Skip, [1, 1], 1, 2, LabelClasses: ["x", "y"]));
        using var batch = await source.LoadAsync(new(0, 0, [0, 1, 2, 3, 4, 5]), default);
        Assert.Equal([3, 4, 5, 255, 7, 6], Enumerable.Range(0, 6).Select(i => (int)batch.Pixels.Span[i * 48]));
        Assert.All(batch.Labels, label => Assert.Equal(-1, label));
        Assert.Equal([1f, 1f, 1f, 0f, 1f, 1f], batch.Weights);
        Assert.Equal($"{many}/broken.jpg", Assert.Single(batch.Excluded).Path);
    }

    [Fact]
    public async Task Pictures_in_memory_keep_their_order()
    {
        using var data = ImageInputs.Of([("b", TemporaryFolder.Picture(1, 4, 4)), ("a", TemporaryFolder.Picture(2, 4, 4))]);
        using var source = _reader.OpenBatches(data, new([], 1, 4, Rgb.White, CorruptFilePolicy.Fail, [], 1, 1));
        using var batch = await source.LoadAsync(new(0, 0, [0, 1]), default);
        Assert.Equal(["b", "a"], data.Manifest.Samples.Select(sample => sample.Path));
        Assert.True(batch.Pixels.Span[0] > 0 && batch.Pixels.Span[0] < batch.Pixels.Span[16]);
    }

    [Fact]
    public void A_path_where_nothing_is_says_so()
    {
        _folder.WritePicture("a.png", 1);
        string zip = _folder.WriteZip("x.zip", ("t/1.png", TemporaryFolder.Picture(6)));
        Assert.Contains("does not exist", Refused(Path.Combine(_folder.Path, "b.png")));
        Assert.Contains("has no folder 't/2.png'. It has: t", Refused($"{zip}/t/2.png"));
        Directory.CreateDirectory(Path.Combine(_folder.Path, "empty"));
        Assert.Contains("has no picture in it", Refused(Path.Combine(_folder.Path, "empty")));
    }

    private static string Refused(string path) => Assert.Throws<DataException>(() => ImageInputs.Open([path])).Message;
}
