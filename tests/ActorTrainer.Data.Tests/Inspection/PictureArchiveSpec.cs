using System.Buffers.Binary;
using ActorTrainer.Core.Data;
using ActorTrainer.Data.Inspection;

namespace ActorTrainer.Data.Tests.Inspection;

public sealed class PictureArchiveSpec : IDisposable
{
    private static readonly ArchiveLimits Limits = new(100, 1 << 20, 1 << 18, 4096);
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Class_folders_are_one_part_without_a_name()
    {
        using var archive = Zip("cat/1.png", "dog/1.png", "dog/2.png", "readme.txt", "__MACOSX/cat/1.png");
        var part = Assert.Single(archive.Parts);
        Assert.Equal(("", ""), (part.Name, part.Folder));
        Assert.Equal([new ClassCount("cat", 1), new("dog", 2)], part.Classes.ToArray());
        Assert.Equal(["dog/1.png", "dog/2.png"], archive.Pictures(part, "dog"));
    }

    [Fact]
    public void Parts_are_found_in_the_folder_that_somebody_zipped()
    {
        using var archive = Zip("My set/test/cat/1.png", "My set/train/cat/1.png", "My set/train/dog/deep/1.png", "My set/notes.txt");
        Assert.Equal([("train", "My set/train"), ("test", "My set/test")], archive.Parts.Select(part => (part.Name, part.Folder)));
        Assert.Equal(["My set/train/cat/1.png", "My set/train/dog/deep/1.png"], archive.Pictures(archive.Parts[0], null));
    }

    [Fact]
    public void What_is_within_the_limits_passes_and_has_thumbnails()
    {
        using var archive = Zip("cat/1.png", "dog/1.png");
        archive.Check(Limits, CancellationToken.None);
        Assert.Equal("image/png", archive.Thumbnail("cat/1.png", 16)!.Value.MediaType);
        Assert.Null(archive.Thumbnail("cat/2.png", 16));
        Assert.Null(archive.Thumbnail("../cat/1.png", 16));
    }

    [Fact]
    public void Each_limit_is_kept()
    {
        using var archive = Zip("cat/1.png", "dog/1.png");
        Refused(archive, Limits with { Entries = 1 }, "2 files");
        Refused(archive, Limits with { UnpackedBytes = 100 }, "Unpacked");
        Refused(archive, Limits with { PictureBytes = 20 }, "a picture may have");
        Refused(archive, Limits with { Pixels = 15 }, "pixels");
    }

    [Theory]
    [InlineData("cat/1.png")]
    [InlineData("cat/1.png", "dog.png")]
    public void One_class_is_none(params string[] paths)
    {
        using var archive = Zip(paths);
        Refused(archive, Limits, "at least two class folders");
    }

    [Fact]
    public void A_file_that_is_no_picture_is_named()
    {
        using var archive = PictureArchive.Open(_folder.WriteZip("x.zip", ("cat/1.png", TemporaryFolder.Picture(1)), ("dog/1.png", [1, 2, 3])));
        Refused(archive, Limits, "dog/1.png: not a picture");
    }

    [Fact]
    public void A_bomb_is_not_inflated_beyond_what_it_says_and_what_it_says_counts()
    {
        string zip = _folder.WriteZip("x.zip", ("cat/1.png", TemporaryFolder.Picture(1)), ("dog/1.png", TemporaryFolder.Picture(1)), ("dog/2.jpg", new byte[200_000]));
        using (var honest = PictureArchive.Open(zip)) Refused(honest, Limits with { UnpackedBytes = 100_000 }, "Unpacked");
        byte[] bytes = File.ReadAllBytes(zip);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(Directory(bytes, 2) + 24), 1000);
        File.WriteAllBytes(zip, bytes);
        using var lying = PictureArchive.Open(zip);
        Refused(lying, Limits with { UnpackedBytes = 100_000 }, "not as long as the zip says");
    }

    [Fact]
    public void Entries_that_share_their_bytes_condemn_the_archive()
    {
        string zip = _folder.WriteZip("x.zip", ("cat/1.png", TemporaryFolder.Picture(1)), ("dog/1.png", TemporaryFolder.Picture(2)));
        byte[] bytes = File.ReadAllBytes(zip);
        for (int i = 0; i < 2; i++) BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(Directory(bytes, i) + 20), (uint)bytes.Length - 10);
        File.WriteAllBytes(zip, bytes);
        Assert.Contains("overlap", Assert.Throws<DataException>(() => PictureArchive.Open(zip)).Message, StringComparison.Ordinal);
    }

    private PictureArchive Zip(params string[] paths) =>
        PictureArchive.Open(_folder.WriteZip($"{Guid.NewGuid():N}.zip", [.. paths.Select(path => (path, path.EndsWith(".txt", StringComparison.Ordinal) ? "words"u8.ToArray() : TemporaryFolder.Picture(1)))]));

    private static void Refused(PictureArchive archive, ArchiveLimits limits, string words) =>
        Assert.Contains(words, Assert.Throws<DataException>(() => archive.Check(limits, CancellationToken.None)).Message, StringComparison.Ordinal);

    /// <summary>Where an entry of the central directory begins.</summary>
    private static int Directory(byte[] zip, int entry)
    {
        for (int at = 0; ; at++)
            if (BinaryPrimitives.ReadUInt32LittleEndian(zip.AsSpan(at)) == 0x02014b50 && entry-- == 0) return at;
    }
}
