using ActorTrainer.Core.Data;
using ActorTrainer.Data.Decoding;
using ActorTrainer.Data.Inspection;

namespace ActorTrainer.Data.Tests.Inspection;

public class BatchPictureSpec
{
    [Fact]
    public async Task A_batch_becomes_one_picture_with_every_sample_in_it()
    {
        var reader = new DataReader();
        using var data = reader.Open(Path.Combine(Repository.Data, "clipart.zip/train"), null, null, default);
        using var source = reader.OpenBatches(data, new(Some.Augmentation(96), 3, 96, Rgb.White, CorruptFilePolicy.Fail, [], 1, 2));
        using var batch = await source.LoadAsync(new(1, 0, [.. Enumerable.Range(0, 16).Select(i => i * 27)]), default);
        byte[] png = BatchPicture.Draw(batch, data.Manifest.Classes);

        var workspace = new Workspace();
        ImageDecoder.Decode(png, workspace, Rgb.White);
        Assert.Equal((4 * 104 + 8, 4 * 122 + 8), (workspace.Picture.Width, workspace.Picture.Height));
        for (int i = 0; i < 16; i++)
        {
            int left = 8 + i % 4 * 104, top = 8 + i / 4 * 122;
            uint drawn = workspace.Picture.Words[(top + 40) * workspace.Picture.Width + left + 50];
            Assert.Equal(batch.Pixels.Span.Slice(((i * 96 + 40) * 96 + 50) * 3, 3).ToArray(), new[] { (byte)drawn, (byte)(drawn >> 8), (byte)(drawn >> 16) });
        }
    }
}
