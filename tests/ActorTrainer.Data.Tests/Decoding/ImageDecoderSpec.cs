using ActorTrainer.Core.Data;
using ActorTrainer.Data.Decoding;

namespace ActorTrainer.Data.Tests.Decoding;

public class ImageDecoderSpec
{
    private static readonly Rgb Background = new(10, 200, 30);

    public static TheoryData<string> Pictures => [.. References.Names("decode/").Where(name => !name.EndsWith(".rgb", StringComparison.Ordinal))];

    [Theory]
    [MemberData(nameof(Pictures))]
    public void Every_format_gives_the_pixels_that_Pillow_gives(string name)
    {
        var workspace = new Workspace();
        ImageDecoder.Decode(References.Bytes(name), workspace, Background);
        References.AssertEqual(name, workspace.Picture);
        var header = ImageDecoder.ReadHeader(References.Bytes(name));
        Assert.Equal((workspace.Picture.Width, workspace.Picture.Height), (header.Width, header.Height));
    }
}
