using System.Collections.Immutable;
using ActorTrainer.Core.Data;
using ActorTrainer.Data.Sources;

namespace ActorTrainer.Data.Tests.Sources;

public sealed class PictureCacheSpec : IDisposable
{
    private const int Size = 24;
    private static readonly string Clipart = Path.Combine(Repository.Data, "clipart.zip/test");
    private readonly DataReader _reader = new();
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(100_000)]
    [InlineData(1 << 30)]
    public async Task Pixels_are_the_same_from_memory_and_the_budget_holds(long budget)
    {
        using var plain = _reader.Open(Clipart, null, null, default);
        using var kept = (DataSet)_reader.Open(Clipart, null, null, default);
        for (int epoch = 0; epoch < 3; epoch++) Assert.Equal(await PixelsAsync(plain, 0, epoch), await PixelsAsync(kept, budget, epoch));
        Assert.InRange(kept.Cache!.Bytes, 50_000, budget);
        Assert.Null(((DataSet)plain).Cache);
    }

    [Fact]
    public async Task What_is_kept_is_not_read_again_for_any_source_of_the_set()
    {
        _folder.WritePicture("in/a/1.png", 10);
        _folder.WritePicture("in/b/1.png", 20);
        using var data = _reader.Open(Path.Combine(_folder.Path, "in"), null, null, default);
        byte[] first = await PixelsAsync(data, 1 << 20, 0);
        Directory.Delete(Path.Combine(_folder.Path, "in"), recursive: true);
        Assert.Equal(first, await PixelsAsync(data, 0, 0));
    }

    private async Task<byte[]> PixelsAsync(IDataSet data, long cacheBytes, int epoch)
    {
        ImmutableArray<ImageTransform> transforms = Some.Augmentation(Size);
        using var source = _reader.OpenBatches(data, new(transforms, 3, Size, Rgb.White, CorruptFilePolicy.Fail, [], 5, 2, CacheBytes: cacheBytes));
        using var batch = await source.LoadAsync(new(0, epoch, [.. Enumerable.Range(0, data.Manifest.Samples.Length)]), default);
        return batch.Pixels.ToArray();
    }
}
