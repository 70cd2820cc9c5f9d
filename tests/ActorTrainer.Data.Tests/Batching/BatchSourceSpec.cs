using System.Collections.Immutable;
using System.IO.Hashing;
using ActorTrainer.Core.Data;
using ActorTrainer.Data.Batching;

namespace ActorTrainer.Data.Tests.Batching;

public sealed class BatchSourceSpec : IDisposable
{
    private const int Size = 24;
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);
    private readonly DataReader _reader = new();
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(2)]
    [InlineData(8)]
    public async Task Pixels_do_not_depend_on_the_number_of_threads_or_on_how_many_batches_are_under_way(int threads)
    {
        using var data = _reader.Open(Path.Combine(Repository.Data, "clipart.zip/test"), null, null, default);
        var requests = Enumerable.Range(0, 6).Select(i => new BatchRequest(i, i / 2, [.. Enumerable.Range(0, 20).Select(k => (i * 31 + k * 7) % 223)])).ToList();
        var expected = new List<byte[]>();
        using (var one = _reader.OpenBatches(data, Options(threads: 1)))
        {
            foreach (var request in requests)
            {
                using var batch = await one.LoadAsync(request, default);
                expected.Add(batch.Pixels.ToArray());
            }
        }

        using var many = _reader.OpenBatches(data, Options(threads));
        var tasks = requests.Select(request => many.LoadAsync(request, default)).ToList();
        for (int i = requests.Count - 1; i >= 0; i--)
        {
            using var batch = await tasks[i].WaitAsync(Deadline);
            Assert.Same(requests[i], batch.Request);
            Assert.True(batch.Pixels.Span.SequenceEqual(expected[i]), $"batch {i} differs");
        }
    }

    [Fact]
    public async Task Augmentation_follows_seed_epoch_and_sample_and_not_the_place_in_the_batch()
    {
        using var data = _reader.Open(Path.Combine(Repository.Data, "clipart.zip/test"), null, null, default);
        using var source = _reader.OpenBatches(data, Options());
        using var other = _reader.OpenBatches(data, Options() with { Seed = 6 });
        byte[] first = await Sample(source, 0, [17, 3]);
        Assert.Equal(first, await Sample(source, 0, [17]));
        Assert.NotEqual(first, await Sample(source, 1, [17]));
        Assert.NotEqual(first, await Sample(other, 0, [17]));

        static async Task<byte[]> Sample(IBatchSource source, int epoch, ImmutableArray<int> samples)
        {
            using var batch = await source.LoadAsync(new(0, epoch, samples), default);
            return batch.Pixels[..(Size * Size * 3)].ToArray();
        }
    }

    [Fact]
    public async Task Buffers_are_used_again()
    {
        using var data = _reader.Open(Path.Combine(Repository.Data, "digits.zip/test"), null, null, default);
        using var source = (BatchSource)_reader.OpenBatches(data, new([], 1, 8, Rgb.White, CorruptFilePolicy.Fail, [], 1, 2));
        for (int i = 0; i < 50; i++)
        {
            var two = await Task.WhenAll(source.LoadAsync(new(i, 0, [1, 2, 3]), default), source.LoadAsync(new(i, 0, [4, 5, 6]), default));
            foreach (var batch in two)
            {
                batch.Dispose();
                batch.Dispose();
                Assert.Throws<ObjectDisposedException>(() => batch.Pixels);
            }
        }

        Assert.Equal(2, source.BuffersMade);
    }

    [Fact]
    public async Task A_sample_costs_little_managed_memory()
    {
        using var data = _reader.Open(Path.Combine(Repository.Data, "clipart.zip/test"), null, null, default);
        var loader = new SampleLoader((ActorTrainer.Data.Sources.DataSet)data, Options());
        var workspace = new ActorTrainer.Data.Decoding.Workspace();
        byte[] pixels = new byte[loader.SampleBytes];
        for (int i = 0; i < 223; i++) loader.Load(i, 0, workspace, pixels, default);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 223; i++) loader.Load(i, 1, workspace, pixels, default);
        // The codec's handles and a closure; no pixels.
        Assert.InRange((GC.GetAllocatedBytesForCurrentThread() - before) / 223, 0, 4096);
        await Task.CompletedTask;
    }

    [Fact]
    public async Task A_corrupt_file_fails_by_name()
    {
        using var data = WithCorrupt();
        using var source = _reader.OpenBatches(data, Options());
        var failure = await Assert.ThrowsAsync<DataException>(() => source.LoadAsync(new(0, 0, [0, 1, 2]), default));
        Assert.Contains("a/broken.jpg can't be read: cut off", failure.Message);
        using var batch = await source.LoadAsync(new(0, 0, [0, 2]), default);
        Assert.Equal(2, batch.Count);
    }

    [Fact]
    public async Task A_corrupt_file_that_is_skipped_keeps_its_place_with_weight_zero()
    {
        using var data = WithCorrupt();
        using var source = _reader.OpenBatches(data, Options() with { OnCorruptFile = CorruptFilePolicy.Skip, Background = new(1, 2, 3), ClassWeights = [2, 5] });
        using var batch = await source.LoadAsync(new(0, 0, [2, 1, 0]), default);
        Assert.Equal([5f, 0f, 2f], batch.Weights);
        Assert.Equal([1, 0, 0], batch.Labels);
        var excluded = Assert.Single(batch.Excluded);
        Assert.Equal((1, "a/broken.jpg"), (excluded.Sample, excluded.Path));
        byte[] blank = batch.Pixels.Slice(Size * Size * 3, Size * Size * 3).ToArray();
        Assert.Equal(Enumerable.Range(0, blank.Length).Select(i => (byte)(i % 3 + 1)), blank);
    }

    [Fact]
    public async Task A_file_that_changed_since_the_data_were_opened_is_not_used()
    {
        _folder.WritePicture("a/1.png", 1);
        _folder.WritePicture("b/1.png", 2);
        using var data = _reader.Open(_folder.Path, null, null, default);
        using var source = _reader.OpenBatches(data, Options());
        _folder.WritePicture("b/1.png", 2, 60, 40);
        Assert.Contains("it has changed since", (await Assert.ThrowsAsync<DataException>(() => source.LoadAsync(new(0, 0, [1]), default))).Message);
    }

    [Fact]
    public async Task An_input_output_error_is_tried_again_and_then_surfaces()
    {
        _folder.WritePicture("a/1.png", 1);
        string path = _folder.WritePicture("b/1.png", 2);
        using var data = _reader.Open(_folder.Path, null, null, default);
        using var source = _reader.OpenBatches(data, Options());
        File.Move(path, path + ".away");
        var failing = source.LoadAsync(new(0, 0, [1]), default);
        Assert.Contains("b/1.png can't be read, tried 4 times", (await Assert.ThrowsAnyAsync<IOException>(() => failing.WaitAsync(Deadline))).Message);

        var recovering = source.LoadAsync(new(0, 0, [1]), default);
        File.Move(path + ".away", path);
        using var batch = await recovering.WaitAsync(Deadline);
        Assert.Equal(1, batch.Count);
    }

    [Fact]
    public async Task Cancelling_gives_the_memory_back_and_leaves_the_source_usable()
    {
        using var data = _reader.Open(Path.Combine(Repository.Data, "clipart.zip/test"), null, null, default);
        using var source = (BatchSource)_reader.OpenBatches(data, Options());
        // So many that no machine is done before it is cancelled.
        var request = new BatchRequest(0, 0, [.. Enumerable.Range(0, 20_000).Select(i => i % 223)]);
        for (int i = 0; i < 10; i++)
        {
            using var cancel = new CancellationTokenSource();
            var loading = source.LoadAsync(request, cancel.Token);
            await cancel.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => loading.WaitAsync(Deadline));
        }

        Assert.Equal(1, source.BuffersMade);
        using var batch = await source.LoadAsync(new(0, 0, [1, 2, 3]), default);
        Assert.Equal(3, batch.Count);
    }

    [Fact]
    public async Task Closing_ends_what_waits_and_every_thread()
    {
        using var data = _reader.Open(Path.Combine(Repository.Data, "clipart.zip/test"), null, null, default);
        var source = (BatchSource)_reader.OpenBatches(data, Options());
        var tasks = Enumerable.Range(0, 8).Select(i => source.LoadAsync(new(i, 0, [.. Enumerable.Range(0, 100)]), default)).ToList();
        using var first = await tasks[0].WaitAsync(Deadline);
        Assert.All(source.Threads, thread => Assert.True(thread.IsAlive && thread.IsBackground));
        source.Dispose();
        source.Dispose();
        Assert.All(source.Threads, thread => Assert.False(thread.IsAlive));
        Assert.Equal(Size, first.Height);
        _ = first.Pixels.Span[0];
        foreach (var task in tasks.Skip(1))
        {
            // Complete now, one way or the other.
            Assert.True(task.IsCompleted);
            if (task.IsCompletedSuccessfully) (await task).Dispose();
        }

        Assert.Contains(tasks, task => task.IsCanceled);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => source.LoadAsync(new(0, 0, [1]), default));
    }

    [Fact]
    public async Task Checksums_are_the_CRC_of_each_samples_pixels()
    {
        using var data = _reader.Open(Path.Combine(Repository.Data, "digits.zip/test"), null, null, default);
        using var source = _reader.OpenBatches(data, new([], 1, 8, Rgb.White, CorruptFilePolicy.Fail, [], 1, 2, Checksums: true));
        using var batch = await source.LoadAsync(new(0, 0, [5, 9, 100]), default);
        Assert.Equal(Enumerable.Range(0, 3).Select(i => Crc32.HashToUInt32(batch.Pixels.Span.Slice(i * 64, 64))), batch.Checksums);
    }

    [Fact]
    public async Task A_picture_of_another_size_than_the_model_sees_is_a_users_error()
    {
        using var data = _reader.Open(Path.Combine(Repository.Data, "digits.zip/test"), null, null, default);
        using var source = _reader.OpenBatches(data, new([], 1, 28, Rgb.White, CorruptFilePolicy.Skip, [], 1, 1));
        var failure = await Assert.ThrowsAsync<DataException>(() => source.LoadAsync(new(0, 0, [0]), default));
        Assert.Contains("is 8 x 8 pixels after the transforms, but the model sees 28 x 28", failure.Message);
    }

    private static BatchSourceOptions Options(int threads = 2) => new(Some.Augmentation(Size), 3, Size, Rgb.White, CorruptFilePolicy.Fail, [], 5, threads);

    private IDataSet WithCorrupt()
    {
        _folder.WritePicture("a/1.png", 1, 40, 30);
        _folder.Write("a/broken.jpg", References.Bytes("decode/rgb.jpg")[..^40]);
        _folder.WritePicture("b/1.png", 2, 40, 30);
        return _reader.Open(_folder.Path, null, null, default);
    }
}
