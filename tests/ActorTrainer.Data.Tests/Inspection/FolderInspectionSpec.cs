using ActorTrainer.Core.Data;
using ActorTrainer.Data.Decoding;
using ActorTrainer.Data.Inspection;

namespace ActorTrainer.Data.Tests.Inspection;

public sealed class FolderInspectionSpec : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_folder_is_described_by_what_is_in_it()
    {
        _folder.WritePicture("cat/1.png", 1, 10, 20);
        _folder.WritePicture("cat/2.png", 2, 30, 40);
        _folder.Write("dog/1.jpg", References.Bytes("decode/exif6.jpg"));
        _folder.Write("dog/2.png", [1, 2, 3]);
        _folder.Write("dog/notes.txt", [1]);
        _folder.Write("dog/.DS_Store", [1]);
        _folder.WritePicture("loose.png", 1);
        var found = FolderInspection.Inspect(_folder.Path, null, default);
        Assert.Equal([new("cat", 2), new("dog", 2)], found.Classes.AsEnumerable());
        Assert.Equal(4, found.Pictures);
        // The JPEG is 37 x 29 and lies on its side.
        Assert.Equal(new Distribution(10, 29, 30), found.Width);
        Assert.Equal(new Distribution(20, 37, 40), found.Height);
        Assert.False(found.IsGrey);
        Assert.Equal([("PNG", 2), ("JPEG", 1)], found.Formats.AsEnumerable());
        Assert.Equal([new("dog/2.png", "not a picture in any known format")], found.Unreadable.AsEnumerable());
        Assert.Equal(["dog/notes.txt", "loose.png"], found.Ignored.AsEnumerable());
        Assert.Empty(found.Parts);
        Assert.Equal(_folder.Path, found.Root);
    }

    [Fact]
    public void Parts_side_by_side_are_found_and_the_training_part_described()
    {
        var digits = FolderInspection.Inspect(Path.Combine(Repository.Data, "digits.zip"), null, default);
        Assert.Equal(["train", "test"], digits.Parts.AsEnumerable());
        Assert.EndsWith("digits.zip/train", digits.Root);
        Assert.Equal(10, digits.Classes.Length);
        Assert.Equal(1198, digits.Pictures);
        Assert.True(digits.IsGrey);
        Assert.Equal(new Distribution(8, 8, 8), digits.Width);
    }

    [Fact]
    public void A_folder_that_can_not_be_trained_on_gets_the_same_words_as_in_training()
    {
        _folder.WritePicture("1.png", 1);
        Assert.Contains("has its 1 pictures directly in it", Assert.Throws<DataException>(() => FolderInspection.Inspect(_folder.Path, null, default)).Message);
    }

    [Fact]
    public void A_thumbnail_is_small_and_has_the_pictures_shape()
    {
        _folder.Write("a/1.jpg", References.Bytes("decode/rgb.jpg"));
        _folder.WritePicture("b/1.png", 7, 300, 100);
        _folder.Write("b/2.png", [1]);
        using var data = new DataReader().Open(_folder.Path, null, null, default);
        Assert.Equal(("image/png", 20, 15), Shape(Thumbnail.Of(data, 0, 20, Rgb.White)!.Value));
        Assert.Equal(("image/jpeg", 90, 30), Shape(Thumbnail.Of(data, 1, 90, Rgb.White)!.Value));
        Assert.Null(Thumbnail.Of(data, 2, 90, Rgb.White));

        static (string, int, int) Shape((byte[] Bytes, string MediaType) file)
        {
            var header = ImageDecoder.ReadHeader(file.Bytes);
            return (file.MediaType, header.Width, header.Height);
        }
    }
}
