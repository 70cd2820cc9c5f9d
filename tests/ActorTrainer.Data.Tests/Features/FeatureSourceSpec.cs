using System.Collections.Immutable;
using System.Diagnostics;
using System.Runtime.InteropServices;
using ActorTrainer.Core.Data;
using ActorTrainer.Core.Randomness;
using ActorTrainer.Data.Features;

namespace ActorTrainer.Data.Tests.Features;

/// <summary>Features that say whose they are: sample, variant, and the pixels' checksum.</summary>
public sealed class FeatureSourceSpec : IDisposable
{
    private const int RowBytes = 12, BlockSize = 4;
    private const long Plenty = 1 << 20;
    private readonly TemporaryFolder _folder = new();
    private readonly FeatureCache _cache;
    private readonly DataReader _reader;
    private readonly IDataSet _data;
    private readonly ImmutableArray<int> _trained;

    public FeatureSourceSpec()
    {
        for (int i = 0; i < 11; i++) _folder.WritePicture($"set/{(i % 2 == 0 ? "ant" : "bee")}/{i:00}.png", (byte)(20 * i));
        _cache = new(Path.Combine(_folder.Path, "features"), TimeProvider.System);
        _reader = new(features: _cache);
        _data = _reader.Open(Path.Combine(_folder.Path, "set"), null, null, default);
        _trained = [0, 1, 2, 4, 5, 6, 7, 9, 10];        // of the others validation is made
    }

    public void Dispose()
    {
        _data.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task A_batch_has_the_rows_of_its_samples_their_labels_weights_and_checksums()
    {
        using var source = Open();
        await FillAsync(source, variants: 2);
        using var pictures = Pictures();

        foreach (int variant in new[] { 1, 0 })
        {
            var request = new BatchRequest(5, variant, [9, 0, 10, 2, 7], new(1, 3));
            using var batch = await source.LoadAsync(request, default);
            Assert.Equal([0, 10, 2], Samples(batch, variant));
            Assert.Equal((3, RowBytes), (batch.Count, batch.FeatureBytes));
            Assert.Throws<InvalidOperationException>(() => batch.Pixels);
            using var pixels = await pictures.LoadAsync(request, default);
            Assert.Equal(pixels.Labels, batch.Labels);
            Assert.Equal(pixels.Weights, batch.Weights);
            Assert.Equal(pixels.WholeWeight, batch.WholeWeight);
            Assert.Equal(pixels.Checksums, batch.Checksums);
        }
    }

    [Fact]
    public async Task What_is_missing_says_which_block_it_is_of()
    {
        using var source = Open();
        Assert.False(source.Has(new(0, 2)));
        var missing = await Assert.ThrowsAsync<FeaturesMissingException>(() => source.LoadAsync(new(1, 0, [10, 0]), default));
        Assert.Equal(new FeatureBlock(0, 2), missing.Block);
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => source.LoadAsync(new(1, 0, [3]), default));
    }

    [Fact]
    public async Task A_sample_that_cannot_be_decoded_has_no_weight_and_is_named_each_time()
    {
        _folder.Write("set/ant/00.png", [1, 2, 3]);
        using var data = _reader.Open(Path.Combine(_folder.Path, "set"), null, null, default);
        using var source = _reader.OpenFeatures(data, Options());
        using var pictures = _reader.OpenBatches(data, PictureOptions);
        await FillAsync(source, variants: 1, pictures);

        using var batch = await source.LoadAsync(new(1, 0, [1, 0]), default);
        var problem = Assert.Single(batch.Excluded);
        Assert.Equal((0, "ant/00.png"), (problem.Sample, problem.Path));
        Assert.NotEmpty(problem.Reason);
        Assert.Equal(0, batch.Weights[1]);
        Assert.True(batch.Weights[0] > 0);
    }

    [Theory]
    [InlineData(1, 0)]
    [InlineData(1024, 0)]
    [InlineData(2, 150)]
    [InlineData(1024, 150)]
    public async Task Damage_and_eviction_at_any_place_are_noticed_and_never_read(int mostOpen, long mostInMemory)
    {
        var random = new RandomStream(3, RandomPurpose.Test, (ulong)mostOpen, (ulong)mostInMemory);
        using var source = new FeatureSource(_data, Options(), _cache, mostOpen, mostInMemory);
        await FillAsync(source, variants: 2);
        int missed = 0;
        for (int round = 0; round < 300; round++)
        {
            string[] files = [.. Blocks()];
            string file = files[random.NextInt32(files.Length)];
            int length = Math.Max(1, (int)new FileInfo(file).Length);
            switch (random.NextInt32(6))
            {
                case 0: File.Delete(file); break;
                case 1: Overwrite(file, random.NextInt32(length), (byte)random.NextInt32(256)); break;
                case 2: Cut(file, random.NextInt32(length)); break;
                case 3: Replace(file, File.ReadAllBytes(files[random.NextInt32(files.Length)])); break;       // by another block, most often
            }

            int variant = random.NextInt32(2);
            var request = new BatchRequest(round, variant, [.. Enumerable.Range(0, 3).Select(_ => _trained[random.NextInt32(_trained.Length)])]);
            while (true)
            {
                try
                {
                    using var batch = await source.LoadAsync(request, default);
                    Assert.Equal(request.Samples, Samples(batch, variant));
                    break;
                }
                catch (FeaturesMissingException e)
                {
                    missed++;
                    await ComputeAsync(source, e.Block);
                }
            }

            await FillAsync(source, variants: 2);
        }

        Assert.True(missed > 10, $"{missed} misses");
    }

    [Fact]
    public async Task Other_experiments_share_what_depends_on_nothing_that_differs()
    {
        using (var source = Open()) await FillAsync(source, variants: 1);
        var options = Options();

        Assert.True(Has(options with { Pictures = options.Pictures with { ClassWeights = [2, 3], Threads = 2 } }));
        Assert.False(Has(options with { Backbone = "another" }));
        Assert.False(Has(options with { FeatureBytes = 16 }));
        Assert.False(Has(options with { Blocks = options.Blocks with { BlockSize = 5 } }));
        Assert.False(Has(options with { Blocks = options.Blocks with { Samples = [.. _trained.Where(sample => sample != 9)] } }));
        Assert.False(Has(options with { Pictures = options.Pictures with { Seed = 8 } }));
        Assert.False(Has(options with { Pictures = options.Pictures with { Decode = PictureDecoding.Fast } }));
        Assert.False(Has(options with { Pictures = options.Pictures with { Transforms = [new ImageTransform.ResizeExact(8, 8), new ImageTransform.HorizontalFlip(0.4)] } }));

        bool Has(FeatureSourceOptions other)
        {
            using var source = _reader.OpenFeatures(_data, other);
            return source.Has(new(0, 0));
        }
    }

    [Fact]
    public async Task The_budget_holds_and_what_was_not_used_for_longest_goes_first()
    {
        using var one = Open();
        await FillAsync(one, variants: 1);
        long block = Blocks().Max(file => new FileInfo(file).Length), budget = 5 * block;
        foreach (string file in Blocks()) File.SetLastWriteTimeUtc(file, DateTime.UnixEpoch);
        Assert.True(one.Has(new(0, 1)));

        using var source = _reader.OpenFeatures(_data, Options() with { CacheBytes = budget });
        for (int variant = 1; variant < 4; variant++)
        {
            await ComputeAsync(source, new(variant, 0));
            Assert.InRange(Blocks().Sum(file => new FileInfo(file).Length), 0, budget);
            Assert.True(source.Has(new(variant, 0)));
        }

        Assert.True(one.Has(new(0, 1)));
        Assert.False(one.Has(new(0, 0)));
        Assert.Throws<DataException>(() => Keep(_reader.OpenFeatures(_data, Options() with { CacheBytes = block / 2 }), new(9, 0)));
    }

    /// <summary>Somebody deleted them: the cache counts again before it makes room.</summary>
    [Fact]
    public async Task What_others_delete_makes_room()
    {
        using var source = Open();
        await FillAsync(source, variants: 3);
        long all = Blocks().Sum(file => new FileInfo(file).Length);
        foreach (string file in Blocks()) File.Delete(file);
        using var tight = _reader.OpenFeatures(_data, Options() with { CacheBytes = all });
        await FillAsync(tight, variants: 3);
        Assert.Equal(9, Blocks().Count());
    }

    [Fact]
    public async Task What_a_killed_writer_left_goes_with_the_next_write()
    {
        using var source = Open();
        await ComputeAsync(source, new(0, 0));
        string left = _folder.Write("features/killed.tmp", [1, 2, 3]);
        await ComputeAsync(source, new(0, 1));
        Assert.False(File.Exists(left));
        Assert.Empty(Directory.EnumerateFiles(Path.Combine(_folder.Path, "features"), "*.tmp"));
    }

    [Fact]
    public async Task Several_write_and_read_at_once()
    {
        var clock = Stopwatch.StartNew();
        await Task.WhenAll(Enumerable.Range(0, 4).Select(worker => Task.Run(async () =>
        {
            // Caches of their own, as processes have them; room for half of what there is.
            var reader = new DataReader(features: new(Path.Combine(_folder.Path, "features"), TimeProvider.System));
            using var source = reader.OpenFeatures(_data, Options() with { CacheBytes = 1200 });
            for (int round = 0; round < 60; round++)
            {
                var request = new BatchRequest(round, (round + worker) % 3, [.. _trained.Skip(worker).Take(4)]);
                for (bool read = false; !read;)
                {
                    try
                    {
                        using var batch = await source.LoadAsync(request, default);
                        Assert.Equal(request.Samples, Samples(batch, request.Epoch));
                        read = true;
                    }
                    catch (FeaturesMissingException e)
                    {
                        Assert.True(clock.Elapsed < TimeSpan.FromMinutes(1), "nobody gets a batch together");
                        await ComputeAsync(source, e.Block);
                    }
                }
            }
        })));
        Assert.InRange(Blocks().Sum(file => new FileInfo(file).Length), 1, 1200);
    }

    [Fact]
    public void Without_a_cache_it_says_what_to_do()
    {
        string message = Assert.Throws<DataException>(() => new DataReader().RequireFeatureCache(1)).Message;
        Assert.Contains("ACTORTRAINER_CACHE", message);
        Assert.Contains("has room for", Assert.Throws<DataException>(() => _reader.RequireFeatureCache(long.MaxValue / 2)).Message);
        _reader.RequireFeatureCache(1);
        _folder.Write("file", [1]);
        Assert.Throws<DataException>(() => new DataReader(features: new(Path.Combine(_folder.Path, "file", "features"), TimeProvider.System)).RequireFeatureCache(1));
    }

    private static BatchSourceOptions PictureOptions { get; } = new(
        [new ImageTransform.ResizeExact(8, 8), new ImageTransform.HorizontalFlip(0.5)], 3, 8, Rgb.White, CorruptFilePolicy.Skip, [1, 3], 7, 1, Checksums: true);

    private FeatureSourceOptions Options() => new(PictureOptions, new(_trained, BlockSize), "backbone", RowBytes, Plenty);

    private IFeatureSource Open() => _reader.OpenFeatures(_data, Options());

    private IBatchSource Pictures() => _reader.OpenBatches(_data, PictureOptions);

    private IEnumerable<string> Blocks() => Directory.EnumerateFiles(Path.Combine(_folder.Path, "features"), "*-*", SearchOption.AllDirectories).Order(StringComparer.Ordinal);

    private async Task FillAsync(IFeatureSource source, int variants, IBatchSource? pictures = null)
    {
        for (int i = 0; i < variants * source.Blocks.Count; i++)
        {
            var block = new FeatureBlock(i / source.Blocks.Count, i % source.Blocks.Count);
            if (!source.Has(block)) await ComputeAsync(source, block, pictures);
        }
    }

    private async Task ComputeAsync(IFeatureSource source, FeatureBlock block, IBatchSource? pictures = null)
    {
        using var own = pictures is null ? Pictures() : null;
        using var batch = await (pictures ?? own!).LoadAsync(source.Blocks.Request(block), default);
        source.Keep(block, batch, Rows(batch, block.Variant));
    }

    private void Keep(IFeatureSource source, FeatureBlock block)
    {
        using var pictures = Pictures();
        using var batch = pictures.LoadAsync(source.Blocks.Request(block), default).GetAwaiter().GetResult();
        source.Keep(block, batch, Rows(batch, block.Variant));
    }

    private static byte[] Rows(HostBatch pictures, int variant) =>
        MemoryMarshal.AsBytes<int>(pictures.Request.Samples.SelectMany((sample, i) => new[] { sample, variant, (int)pictures.Checksums[i] }).ToArray()).ToArray();

    private static IEnumerable<int> Samples(HostBatch batch, int variant)
    {
        int[] numbers = MemoryMarshal.Cast<byte, int>(batch.Features.Span).ToArray();
        for (int i = 0; i < batch.Count; i++)
        {
            Assert.Equal((variant, (int)batch.Checksums[i]), (numbers[3 * i + 1], numbers[3 * i + 2]));
            yield return numbers[3 * i];
        }
    }

    private static void Overwrite(string file, int at, byte value)
    {
        using var stream = new FileStream(file, FileMode.Open, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete);
        stream.Position = at;
        stream.WriteByte(value);
    }

    private void Replace(string file, byte[] bytes) => File.Move(_folder.Write("other", bytes), file, overwrite: true);

    private static void Cut(string file, int length)
    {
        using var stream = new FileStream(file, FileMode.Open, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete);
        stream.SetLength(length);
    }
}
