using ActorTrainer.Core.Data;
using ActorTrainer.Core.Models;
using ActorTrainer.Data.Inputs;

namespace ActorTrainer.Data.Tests.Inputs;

public sealed class PictureDecoderSpec
{
    private static readonly ModelDescription Model = new("lenet5", null, ["a", "b"], 3, 24, null, new([], []), [new ImageTransform.Resize(28), new ImageTransform.CenterCrop(24, 24)], Rgb.White);

    [Fact]
    public async Task A_pictures_pixels_are_those_that_the_model_was_evaluated_on()
    {
        byte[] picture = JpegWriter.Write(new(120, 100, 3, 0x22), 1);
        using var data = ImageInputs.Of([("x", picture)]);
        var seen = new List<byte[]>();
        foreach (var decode in new[] { PictureDecoding.Exact, PictureDecoding.Fast })
        {
            using var source = new DataReader().OpenBatches(data, new(Model.Evaluate, 3, 24, Rgb.White, CorruptFilePolicy.Fail, [], 0, 1) { Decode = decode });
            using var batch = await source.LoadAsync(new(0, 0, [0]), default);
            seen.Add(batch.Pixels.ToArray());
            Assert.Equal(seen[^1], new PictureDecoder(Model with { Decode = decode }, 1_000_000).Decode(picture));
        }

        Assert.NotEqual(seen[0], seen[1]);
    }

    [Fact]
    public void Many_threads_may_decode_at_once()
    {
        byte[][] pictures = [.. Enumerable.Range(0, 8).Select(i => TemporaryFolder.Picture((byte)i, 30 + i, 30))];
        var decoder = new PictureDecoder(Model, 1_000_000);
        byte[][] alone = [.. pictures.Select(picture => decoder.Decode(picture))];
        Parallel.For(0, 200, i => Assert.Equal(alone[i % 8], decoder.Decode(pictures[i % 8])));
    }

    [Fact]
    public void What_is_no_picture_or_too_large_a_one_is_refused_with_a_reason()
    {
        var decoder = new PictureDecoder(Model, 1_000_000);
        Assert.Contains("empty", Refused([]));
        Assert.Contains("not a picture", Refused([1, 2, 3]));
        Assert.Contains("cut off", Refused(TemporaryFolder.Picture(1, 50, 40)[..60]));
        Assert.Contains("1001 x 1000 pixels, more than the 1 million", Refused(TemporaryFolder.Picture(1, 1001, 1000)));

        string Refused(byte[] file) => Assert.Throws<DataException>(() => decoder.Decode(file)).Message;
    }
}
