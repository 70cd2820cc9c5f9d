using ActorTrainer.Core.Data;
using ActorTrainer.Data.Decoding;
using ActorTrainer.Data.Inspection;
using ActorTrainer.Data.Sources;

namespace ActorTrainer.Data.Tests.Sources;

public sealed class DataReaderSpec : IDisposable
{
    private readonly DataReader _reader = new();
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_folder_and_its_zip_are_the_same_data_set()
    {
        (string Name, byte[] Bytes)[] files =
        [
            ("b/2.png", TemporaryFolder.Picture(2)), ("b/10.png", TemporaryFolder.Picture(10)), ("a-x/1.png", TemporaryFolder.Picture(1)), ("a/deep/er/1.png", TemporaryFolder.Picture(3)),
            ("a/1.jpg", References.Bytes("decode/rgb.jpg")), ("a/readme.txt", [1, 2]), ("a/.hidden.png", [1]), ("__MACOSX/a/1.png", [1]), ("b/Thumbs.db", [1]), ("top.png", TemporaryFolder.Picture(9)),
        ];
        foreach (var (name, bytes) in files) _folder.Write($"set/{name}", bytes);
        string zip = _folder.WriteZip("set.zip", [.. files.Reverse().Select(file => ($"inner/{file.Name}", file.Bytes))]);

        using var fromFolder = _reader.Open(Path.Combine(_folder.Path, "set"), null, null, default);
        using var fromZip = _reader.Open($"{zip}/inner", null, null, default);
        Assert.Equal(["a", "a-x", "b"], fromFolder.Manifest.Classes.AsEnumerable());
        // Ordinal order of whole paths: '-' comes before '/', '1' before '2'.
        Assert.Equal(["a-x/1.png", "a/1.jpg", "a/deep/er/1.png", "b/10.png", "b/2.png"], fromFolder.Manifest.Samples.Select(sample => sample.Path));
        Assert.Equal([1, 0, 0, 2, 2], fromFolder.Manifest.Samples.Select(sample => sample.Class));
        Assert.Equal(fromFolder.Manifest.Samples.AsEnumerable(), fromZip.Manifest.Samples.AsEnumerable());
        Assert.Equal(fromFolder.Manifest.Hash, fromZip.Manifest.Hash);
        Assert.Equal(Split.ByShare(fromFolder.Manifest, 0.5, 7).Validation.AsEnumerable(), Split.ByShare(fromZip.Manifest, 0.5, 7).Validation.AsEnumerable());
    }

    [Fact]
    public void Another_byte_in_a_file_is_another_data_set()
    {
        _folder.WritePicture("a/1.png", 1);
        _folder.WritePicture("b/1.png", 2);
        using var before = _reader.Open(_folder.Path, null, null, default);
        _folder.WritePicture("b/1.png", 3);
        using var after = _reader.Open(_folder.Path, null, null, default);
        Assert.NotEqual(before.Manifest.Hash, after.Manifest.Hash);
    }

    [Fact]
    public void Chosen_classes_are_numbered_in_ordinal_order()
    {
        foreach (string name in new[] { "ant", "bee", "cat", "dog" }) _folder.WritePicture($"{name}/1.png", 1);
        using var data = _reader.Open(_folder.Path, ["dog", "bee"], null, default);
        Assert.Equal(["bee", "dog"], data.Manifest.Classes.AsEnumerable());
        Assert.Equal(["bee/1.png", "dog/1.png"], data.Manifest.Samples.Select(sample => sample.Path));
    }

    [Fact]
    public void Nothing_there_says_what_is_there_instead()
    {
        _folder.WritePicture("train/a/1.png", 1);
        Assert.Contains("has: train", Refused(Path.Combine(_folder.Path, "tarin")));
        string zip = _folder.WriteZip("x.zip", ("train/a/1.png", TemporaryFolder.Picture(1)));
        Assert.Contains("has no folder 'tarin'. It has: train", Refused($"{zip}/tarin"));
        Assert.Contains("is a file, neither a folder nor a zip", Refused(Path.Combine(_folder.Path, "train/a/1.png/deeper")));
    }

    [Fact]
    public void An_empty_folder_a_folder_without_pictures_and_pictures_without_folders_are_told_apart()
    {
        string empty = Directory.CreateDirectory(Path.Combine(_folder.Path, "empty")).FullName;
        Assert.Contains("is empty. It needs a folder for each class", Refused(empty));
        _folder.Write("texts/a/1.txt", [1]);
        Assert.Contains("has 1 files, but no picture", Refused(Path.Combine(_folder.Path, "texts")));
        _folder.WritePicture("flat/1.png", 1);
        Assert.Contains("has its 1 pictures directly in it", Refused(Path.Combine(_folder.Path, "flat")));
    }

    [Fact]
    public void Train_and_test_are_never_taken_for_classes()
    {
        string digits = Path.Combine(Repository.Data, "digits.zip");
        Assert.Contains($"has train and test in it, each with class folders. Name the part: {digits}/train", Refused(digits));
    }

    [Fact]
    public void A_named_class_that_is_missing_is_named()
    {
        _folder.WritePicture("a/1.png", 1);
        string message = Assert.Throws<DataException>(() => _reader.Open(_folder.Path, ["a", "z"], null, default)).Message;
        Assert.Contains("has no class 'z' with pictures in it. It has a.", message);
    }

    [Fact]
    public void One_class_opens_but_can_not_be_trained_on()
    {
        _folder.WritePicture("a/1.png", 1);
        using var data = _reader.Open(_folder.Path, null, null, default);
        Assert.Contains("only one class (a)", Assert.Throws<DataException>(() => DataChecks.RequireTrainable(data, CorruptFilePolicy.Fail)).Message);
    }

    [Fact]
    public void A_class_of_the_test_set_that_training_does_not_know_is_refused_and_the_reverse_reported()
    {
        foreach (string name in new[] { "a", "b" }) _folder.WritePicture($"{name}/1.png", 1);
        using var data = _reader.Open(_folder.Path, null, null, default);
        Assert.Equal(["c"], DataChecks.RequireKnownClasses(data, ["a", "b", "c"]).AsEnumerable());
        Assert.Contains("training does not know: b", Assert.Throws<DataException>(() => DataChecks.RequireKnownClasses(data, ["a", "c"])).Message);
    }

    [Fact]
    public void Unreadable_files_are_found_when_a_small_set_is_opened()
    {
        byte[] jpeg = References.Bytes("decode/rgb.jpg");
        _folder.WritePicture("a/good.png", 1);
        _folder.Write("a/cut.jpg", jpeg[..^40]);
        _folder.Write("b/empty.png", []);
        _folder.Write("b/header.png", References.Bytes("decode/rgb.png")[..20]);
        _folder.Write("b/text.gif", "not a picture"u8.ToArray());
        using var data = _reader.Open(_folder.Path, null, null, default);
        Assert.Equal(["a/cut.jpg", "b/empty.png", "b/header.png", "b/text.gif"], data.Problems.Select(problem => problem.Path));
        Assert.Equal(5, data.Manifest.Samples.Length);
        string message = Assert.Throws<DataException>(() => DataChecks.RequireTrainable(data, CorruptFilePolicy.Fail)).Message;
        Assert.Contains("4 of 5 files can't be read", message);
        Assert.Contains("a/cut.jpg: cut off: it ends before the picture does", message);
        Assert.Contains("b/empty.png: empty (0 bytes)", message);
        Assert.Contains("b/header.png: cut off or damaged in its header", message);
        Assert.Contains("b/text.gif: not a picture", message);
        DataChecks.RequireTrainable(data, CorruptFilePolicy.Skip);
    }

    [Fact]
    public void In_a_large_set_only_the_headers_are_looked_at_until_a_full_check()
    {
        _folder.WritePicture("a/good.png", 1);
        _folder.Write("a/cut.jpg", References.Bytes("decode/rgb.jpg")[..^40]);
        _folder.Write("b/text.gif", "not a picture"u8.ToArray());
        using var data = ClassFolders.Open(new FolderTree(_folder.Path), null, null, default, fullCheckBytes: 0);
        Assert.Equal(["b/text.gif"], data.Problems.Select(problem => problem.Path));
        Assert.Equal([(0, "a/cut.jpg"), (2, "b/text.gif")], FullCheck.Run(data, null, default).Select(problem => (problem.Sample, problem.Path)));
    }

    [Fact]
    public void A_picture_of_400_million_pixels_is_refused_without_memory_for_it()
    {
        _folder.Write("a/huge.png", HugePng(20_000));
        _folder.WritePicture("b/1.png", 1);
        using var data = _reader.Open(_folder.Path, null, null, default);
        Assert.Contains("20000 x 20000 pixels, more than the 100 million", Assert.Single(data.Problems).Reason);

        var workspace = new Workspace();
        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Throws<CorruptImageException>(() => ImageDecoder.Decode(HugePng(20_000), workspace, Rgb.White));
        Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < 1_000_000);
    }

    [Fact]
    public void Opening_can_be_cancelled_and_reports_progress()
    {
        for (int i = 0; i < 20; i++) _folder.WritePicture($"a/{i}.png", 1);
        using var cancel = new CancellationTokenSource();
        Assert.Throws<OperationCanceledException>(() => _reader.Open(_folder.Path, null, new Progress(_ => cancel.Cancel()), cancel.Token));
        var seen = new List<DataProgress>();
        using var data = _reader.Open(_folder.Path, null, new Progress(seen.Add), default);
        Assert.Equal(Enumerable.Range(1, 20).Select(i => (long)i), seen.Select(progress => progress.Done));
        Assert.All(seen, progress => Assert.Equal(20, progress.Total));
    }

    [SkippableFact]
    public void A_linked_class_folder_is_followed()
    {
        Skip.If(OperatingSystem.IsWindows(), "links need rights on Windows");
        _folder.WritePicture("elsewhere/1.png", 1);
        _folder.WritePicture("set/b/1.png", 2);
        Directory.CreateSymbolicLink(Path.Combine(_folder.Path, "set/a"), Path.Combine(_folder.Path, "elsewhere"));
        using var data = _reader.Open(Path.Combine(_folder.Path, "set"), null, null, default);
        Assert.Equal(["a/1.png", "b/1.png"], data.Manifest.Samples.Select(sample => sample.Path));
        Assert.Empty(data.Problems);
    }

    private string Refused(string location) => Assert.Throws<DataException>(() => _reader.Open(location, null, null, default)).Message;

    // Black rows compress to almost nothing, but even those are not needed: the header alone makes the claim.
    private static byte[] HugePng(int side)
    {
        byte[] small = References.Bytes("decode/rgb.png").ToArray();
        System.Buffers.Binary.BinaryPrimitives.WriteInt32BigEndian(small.AsSpan(16), side);
        System.Buffers.Binary.BinaryPrimitives.WriteInt32BigEndian(small.AsSpan(20), side);
        System.Buffers.Binary.BinaryPrimitives.WriteUInt32BigEndian(small.AsSpan(29), System.IO.Hashing.Crc32.HashToUInt32(small.AsSpan(12, 17)));
        return small;
    }

    private sealed class Progress(Action<DataProgress> report) : IProgress<DataProgress>
    {
        public void Report(DataProgress value) => report(value);
    }
}
