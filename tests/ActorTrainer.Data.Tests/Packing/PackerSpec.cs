using System.Collections.Immutable;
using ActorTrainer.Core.Data;
using ActorTrainer.Data.Packing;

namespace ActorTrainer.Data.Tests.Packing;

public sealed class PackerSpec : IDisposable
{
    private const int Size = 24;
    private static readonly string Clipart = Path.Combine(Repository.Data, "clipart.zip/test");
    private readonly DataReader _reader = new();
    private readonly TemporaryFolder _folder = new();

    private string Pack => Path.Combine(_folder.Path, "set.pack");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Files_stay_what_they_are_manifest_hash_and_augmented_pixels_included()
    {
        using var data = Open(Clipart);
        var summary = Make(data, new() { ShardBytes = 100_000 });
        Assert.True(summary.Shards > 3, $"{summary}");

        using var packed = Open(Pack);
        Assert.Equal(data.Manifest.Hash, packed.Manifest.Hash);
        Assert.Equal(await PixelsAsync(data, Some.Augmentation(Size)), await PixelsAsync(packed, Some.Augmentation(Size)));
    }

    [Fact]
    public async Task Raw_pixels_are_the_decoded_ones()
    {
        using var data = Open(Clipart);
        Make(data, new(PackContent.Raw));

        using var packed = Open(Pack);
        Assert.Equal(data.Manifest.Samples.Select(sample => (sample.Path, sample.Class)), packed.Manifest.Samples.Select(sample => (sample.Path, sample.Class)));
        Assert.Equal(await PixelsAsync(data, Some.Augmentation(Size)), await PixelsAsync(packed, Some.Augmentation(Size)));
    }

    [Fact]
    public async Task Shrunk_pixels_are_those_that_resizing_gives()
    {
        using var data = Open(Clipart);
        Packer.Pack(data, Pack + ".whole", new(PackContent.Raw), null, default);
        var whole = PackIndex.Read(Pack + ".whole").Samples;
        int[] larger = [.. Enumerable.Range(0, whole.Length).Where(i => Math.Min(whole[i].Width, whole[i].Height) >= 40)];
        Assert.InRange(larger.Length, 100, whole.Length - 1);       // and some that are never enlarged
        Make(data, new(PackContent.Raw, ShortSide: 40));

        using var packed = Open(Pack);
        ImmutableArray<ImageTransform> crop = [new ImageTransform.CenterCrop(Size, Size)];
        Assert.Equal(await PixelsAsync(data, [new ImageTransform.Resize(40), .. crop], larger), await PixelsAsync(packed, crop, larger));
        Assert.All(PackIndex.Read(Pack).Samples.Zip(whole), pair => Assert.Equal(Math.Min(40, Math.Min(pair.Second.Width, pair.Second.Height)), Math.Min(pair.First.Width, pair.First.Height)));
    }

    [Fact]
    public async Task Jpeg_is_close_to_the_pixels_and_smaller_than_them()
    {
        using var data = Open(Clipart);
        long bytes = Make(data, new(PackContent.Jpeg, ShortSide: 40)).Bytes;
        using var packed = Open(Pack);
        ImmutableArray<ImageTransform> crop = [new ImageTransform.CenterCrop(Size, Size)];
        byte[] expected = await PixelsAsync(data, [new ImageTransform.Resize(40), .. crop]), jpeg = await PixelsAsync(packed, crop);
        Assert.InRange(expected.Zip(jpeg, (a, b) => Math.Abs(a - b)).Average(), 0.1, 6);
        Assert.True(bytes < data.Manifest.Samples.Length * 40 * 40 * 3L);
    }

    [Fact]
    public void Classes_are_chosen_as_in_a_folder()
    {
        using var data = Open(Clipart);
        Make(data, new());
        ImmutableArray<string> wanted = [data.Manifest.Classes[7], data.Manifest.Classes[2]];
        using var some = _reader.Open(Clipart, wanted, null, default);
        using var packed = _reader.Open(Pack, wanted, null, default);
        Assert.Equal(some.Manifest.Hash, packed.Manifest.Hash);
        Assert.Contains("no class 'unicorn'", Assert.Throws<DataException>(() => _reader.Open(Pack, ["unicorn"], null, default)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_same_data_give_the_same_bytes()
    {
        using var data = Open(Clipart);
        Packer.Pack(data, Pack, new(PackContent.Raw, 32), null, default);
        Packer.Pack(data, Pack + "2", new(PackContent.Raw, 32), null, default);
        Assert.All(Directory.GetFiles(Pack), file => Assert.Equal(File.ReadAllBytes(file), File.ReadAllBytes(Path.Combine(Pack + "2", Path.GetFileName(file)))));
    }

    [Fact]
    public async Task A_flipped_bit_is_found_when_its_sample_is_read_and_the_others_are_fine()
    {
        using (var data = Open(Clipart)) Make(data, new());
        string shard = Path.Combine(Pack, "00000.shard");
        byte[] bytes = File.ReadAllBytes(shard);
        bytes[10] ^= 4;
        File.WriteAllBytes(shard, bytes);

        using var packed = Open(Pack);
        var failure = await Assert.ThrowsAsync<DataException>(() => PixelsAsync(packed, [new ImageTransform.ResizeExact(Size, Size)], 0));
        Assert.Contains("damaged in the pack (its CRC differs)", failure.Message, StringComparison.Ordinal);
        await PixelsAsync(packed, [new ImageTransform.ResizeExact(Size, Size)], 1, 2, 3);
    }

    [Theory]
    [InlineData("index.pack", -1, "its index is not what was written")]
    [InlineData("index.pack", 40, "its index is not what was written")]
    [InlineData("00000.shard", -1, "bytes, not")]
    public void Damage_is_said_when_the_pack_is_opened(string file, int at, string said)
    {
        using (var data = Open(Clipart)) Make(data, new());
        string path = Path.Combine(Pack, file);
        byte[] bytes = File.ReadAllBytes(path);
        if (at >= 0) bytes[at] ^= 1;
        File.WriteAllBytes(path, at >= 0 ? bytes : bytes[..^1]);
        Assert.Contains(said, Assert.Throws<DataException>(() => Open(Pack)).Message, StringComparison.Ordinal);
        File.Delete(Path.Combine(Pack, "00000.shard"));
        if (file != "index.pack") Assert.Contains("00000.shard is missing", Assert.Throws<DataException>(() => Open(Pack)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_can_not_be_decoded_ends_the_packing_and_leaves_nothing_or_is_left_out()
    {
        _folder.WritePicture("in/a/1.png", 10);
        _folder.WritePicture("in/b/1.png", 20);
        _folder.Write("in/b/2.png", TemporaryFolder.Picture(30)[..40]);
        using var data = Open(Path.Combine(_folder.Path, "in"));
        Assert.Contains("b/2.png can't be packed", Assert.Throws<DataException>(() => Make(data, new(PackContent.Raw))).Message, StringComparison.Ordinal);
        Assert.Equal(["in"], Directory.EnumerateFileSystemEntries(_folder.Path).Select(Path.GetFileName));

        var summary = Make(data, new(PackContent.Raw, OnCorruptFile: CorruptFilePolicy.Skip));
        Assert.Equal((2, "b/2.png"), (summary.Samples, Assert.Single(summary.Problems).Path));
        Assert.Contains("is there already", Assert.Throws<DataException>(() => Make(data, new())).Message, StringComparison.Ordinal);

        Directory.Delete(Pack, recursive: true);
        Make(data, new(OnCorruptFile: CorruptFilePolicy.Skip));
        using var packed = Open(Pack);
        Assert.Equal(data.Problems.Select(problem => problem.Path), packed.Problems.Select(problem => problem.Path));
        Assert.Equal(data.Manifest.Hash, packed.Manifest.Hash);
    }

    [Fact]
    public void Records_are_packed_as_pixels_only()
    {
        byte[] records = [.. Enumerable.Range(0, 4).SelectMany(i => Enumerable.Repeat((byte)i, 3073))];
        _folder.Write("cifar/data_batch_1.bin", records);
        using var data = Open(Path.Combine(_folder.Path, "cifar/train"));
        Assert.Contains("--as raw", Assert.Throws<DataException>(() => Make(data, new())).Message, StringComparison.Ordinal);
        Assert.Equal(4, Make(data, new(PackContent.Raw)).Samples);
    }

    [Fact]
    public void Pixels_with_another_background_behind_them_are_refused()
    {
        using var bitmap = new SkiaSharp.SKBitmap(8, 8);
        bitmap.Erase(new SkiaSharp.SKColor(10, 20, 30, 100));
        using var png = bitmap.Encode(SkiaSharp.SKEncodedImageFormat.Png, 100);
        _folder.Write("in/a/1.png", png.ToArray());
        _folder.WritePicture("in/b/1.png", 20);
        using (var data = Open(Path.Combine(_folder.Path, "in"))) Make(data, new(PackContent.Raw));
        using var packed = Open(Pack);
        using (_reader.OpenBatches(packed, Options([]))) { }
        Assert.Contains("white", Assert.Throws<DataException>(() => _reader.OpenBatches(packed, Options([]) with { Background = new(0, 0, 0) })).Message.Replace("[255, 255, 255]", "white", StringComparison.Ordinal), StringComparison.Ordinal);
    }

    private IDataSet Open(string location) => _reader.Open(location, null, null, default);

    private PackSummary Make(IDataSet data, PackOptions options) => Packer.Pack(data, Pack, options, null, default);

    private static BatchSourceOptions Options(ImmutableArray<ImageTransform> transforms) => new(transforms, 3, Size, Rgb.White, CorruptFilePolicy.Fail, [], 5, 2);

    private async Task<byte[]> PixelsAsync(IDataSet data, ImmutableArray<ImageTransform> transforms, params int[] samples)
    {
        using var source = _reader.OpenBatches(data, Options(transforms));
        using var batch = await source.LoadAsync(new(0, 3, [.. samples.Length > 0 ? samples : [.. Enumerable.Range(0, data.Manifest.Samples.Length)]]), default);
        return batch.Pixels.ToArray();
    }
}
