using System.Buffers.Binary;
using System.IO.Compression;
using ActorTrainer.Core.Data;

namespace ActorTrainer.Data.Tests.Sources;

public sealed class RecordFilesSpec : IDisposable
{
    private readonly DataReader _reader = new();
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("MNIST/raw/", false)]
    [InlineData("", true)]
    public async Task Idx_files_are_found_by_part_packed_or_not(string below, bool packed)
    {
        WriteIdx($"{below}train", packed, 30);
        WriteIdx($"{below}t10k", packed, 12);
        using var train = _reader.Open(Path.Combine(_folder.Path, "train"), null, null, default);
        using var test = _reader.Open(Path.Combine(_folder.Path, "test"), ["3", "0"], null, default);
        Assert.Equal(Enumerable.Range(0, 10).Select(i => $"{i}"), train.Manifest.Classes.AsEnumerable());
        Assert.Equal(30, train.Manifest.Samples.Length);
        Assert.Equal("train-images#00012", train.Manifest.Samples[12].Path);
        Assert.Equal(["0", "3"], test.Manifest.Classes.AsEnumerable());
        Assert.Equal(["t10k-images#00000", "t10k-images#00003", "t10k-images#00010"], test.Manifest.Samples.Select(sample => sample.Path));

        using var source = _reader.OpenBatches(test, new([new ImageTransform.CenterCrop(3, 3)], 1, 3, Rgb.White, CorruptFilePolicy.Fail, [], 1, 1));
        using var batch = await source.LoadAsync(new(1, 0, [1, 2]), default);
        Assert.Equal([1, 0], batch.Labels);
        // Pixel (x, y) of record i is i + 10 y + x; the crop of 3 from 4 x 5 begins at (0, 1): half to even.
        Assert.Equal([13, 14, 15, 23, 24, 25, 33, 34, 35], batch.Pixels.Span[..9].ToArray());
    }

    [Fact]
    public void An_idx_file_can_be_named_itself()
    {
        WriteIdx("train", false, 30);
        WriteIdx("emnist-letters-train", false, 20);
        Assert.Contains("Name the image file itself", Refused(Path.Combine(_folder.Path, "train")));
        using var data = _reader.Open(Path.Combine(_folder.Path, "emnist-letters-train-images-idx3-ubyte"), null, null, default);
        Assert.Equal(20, data.Manifest.Samples.Length);
    }

    [Fact]
    public void Both_parts_in_one_folder_ask_for_a_choice_and_one_alone_does_not()
    {
        WriteIdx("train", false, 30);
        using (var only = _reader.Open(_folder.Path, null, null, default)) Assert.Equal(30, only.Manifest.Samples.Length);
        Assert.Contains("holds no test records", Refused(Path.Combine(_folder.Path, "test")));
        WriteIdx("t10k", false, 12);
        Assert.Contains("Name the part", Refused(_folder.Path));
    }

    [Fact]
    public void Damaged_idx_files_say_what_is_wrong()
    {
        WriteIdx("train", false, 30);
        string images = Path.Combine(_folder.Path, "train-images-idx3-ubyte"), labels = Path.Combine(_folder.Path, "train-labels-idx1-ubyte");
        byte[] whole = File.ReadAllBytes(images);
        File.WriteAllBytes(images, whole[..^1]);
        Assert.Contains("says 30 pictures of 4 x 5, but has 599 bytes", Refused(_folder.Path));
        File.WriteAllBytes(images, [.. "wrong"u8]);
        Assert.Contains("is not an idx file", Refused(_folder.Path));
        File.WriteAllBytes(images, whole);
        File.Delete(labels);
        Assert.Contains("has no labels beside it: train-labels-idx1-ubyte is missing", Refused(_folder.Path));
    }

    [Fact]
    public async Task Cifar_records_have_their_planes_and_class_names()
    {
        string[] names = ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"];
        _folder.Write("cifar-10-batches-bin/batches.meta.txt", [.. string.Join('\n', names).Select(c => (byte)c), (byte)'\n', (byte)'\n']);
        _folder.Write("cifar-10-batches-bin/data_batch_1.bin", Cifar(9, 1));
        _folder.Write("cifar-10-batches-bin/data_batch_2.bin", Cifar(0));
        _folder.Write("cifar-10-batches-bin/test_batch.bin", Cifar(3));
        using var train = _reader.Open(Path.Combine(_folder.Path, "train"), null, null, default);
        Assert.Equal(["airplane", "automobile", "truck"], train.Manifest.Classes.AsEnumerable());
        Assert.Equal(["data_batch_1#00000", "data_batch_1#00001", "data_batch_2#00000"], train.Manifest.Samples.Select(sample => sample.Path));
        using var source = _reader.OpenBatches(train, new([], 3, 32, Rgb.White, CorruptFilePolicy.Fail, [], 1, 1, LabelClasses: [.. names]));
        using var batch = await source.LoadAsync(new(1, 0, [0, 2]), default);
        Assert.Equal([9, 0], batch.Labels);
        Assert.Equal([9, 109, 209], batch.Pixels.Span[..3].ToArray());
        using var test = _reader.Open(Path.Combine(_folder.Path, "cifar-10-batches-bin/test"), null, null, default);
        Assert.Equal(["cat"], test.Manifest.Classes.AsEnumerable());
        _folder.Write("cifar-10-batches-bin/test_batch.bin", Cifar(3)[1..]);
        Assert.Contains("not a whole number of CIFAR-10 records", Refused(Path.Combine(_folder.Path, "test")));
        _folder.Write("cifar-10-batches-bin/test_batch.bin", Cifar(10));
        Assert.Contains("has the label 10", Refused(Path.Combine(_folder.Path, "test")));
    }

    private string Refused(string location) => Assert.Throws<DataException>(() => _reader.Open(location, null, null, default)).Message;

    // Red planes hold the label, green 100 more, blue 200 more.
    private static byte[] Cifar(params byte[] labels) => [.. labels.SelectMany(label => (byte[])[label, .. Enumerable.Range(0, 3072).Select(i => (byte)(label + i / 1024 * 100))])];

    private void WriteIdx(string prefix, bool packed, int count)
    {
        byte[] images = new byte[16 + count * 20], labels = new byte[8 + count];
        Header(images, 0x803, count, 5, 4);
        Header(labels, 0x801, count);
        for (int i = 0; i < count; i++)
        {
            labels[8 + i] = (byte)(i % 10);
            for (int y = 0; y < 5; y++)
            {
                for (int x = 0; x < 4; x++) images[16 + i * 20 + y * 4 + x] = (byte)(i + 10 * y + x);
            }
        }

        Write($"{prefix}-images-idx3-ubyte", images);
        Write($"{prefix}-labels-idx1-ubyte", labels);

        void Write(string name, byte[] bytes)
        {
            if (!packed)
            {
                _folder.Write(name, bytes);
                return;
            }

            var stream = new MemoryStream();
            using (var gzip = new GZipStream(stream, CompressionMode.Compress)) gzip.Write(bytes);
            _folder.Write(name + ".gz", stream.ToArray());
        }

        static void Header(byte[] bytes, params int[] numbers)
        {
            for (int i = 0; i < numbers.Length; i++) BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(4 * i), numbers[i]);
        }
    }
}
