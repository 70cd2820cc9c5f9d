using ActorTrainer.Core.Data;
using ActorTrainer.Core.Randomness;
using ActorTrainer.Data.Augmentation;
using ActorTrainer.Data.Decoding;
using CsCheck;

namespace ActorTrainer.Data.Tests.Decoding;

public class HostilePictureSpec
{
    private static readonly string[] Pictures = [.. References.Names("decode/").Where(name => !name.EndsWith(".rgb", StringComparison.Ordinal))];

    [Fact]
    public void A_picture_that_was_cut_off_anywhere_is_corrupt_or_whole()
    {
        // After the last pixel a file may still have a checksum and an end mark; an animation has more frames.
        const int NotNeeded = 24;
        var (workspace, complete) = (new Workspace(), new Workspace());
        foreach (string name in Pictures)
        {
            byte[] bytes = References.Bytes(name);
            ImageDecoder.Decode(bytes, complete, Rgb.White);
            for (int length = 0; length < bytes.Length; length += Math.Max(bytes.Length / 40, 1))
            {
                try
                {
                    ImageDecoder.Decode(bytes.AsSpan(0, length), workspace, Rgb.White);
                    Assert.True(length > bytes.Length - NotNeeded || name.Contains("animated"), $"{name} was readable with {length} of {bytes.Length} bytes");
                    Assert.True(workspace.Picture.Pixels.SequenceEqual(complete.Picture.Pixels), $"{name} with {length} of {bytes.Length} bytes is another picture");
                }
                catch (CorruptImageException e)
                {
                    Assert.NotEmpty(e.Message);
                }
            }
        }
    }

    [Fact]
    public void Damage_never_ends_in_anything_but_pixels_or_a_reason() =>
        Gen.Select(Gen.Int[0, Pictures.Length - 1], Gen.Double[0, 1], Gen.Byte, Gen.Double[0, 1], Gen.Byte).Sample(damage =>
        {
            byte[] bytes = References.Bytes(Pictures[damage.Item1]).ToArray();
            bytes[(int)(damage.Item2 * (bytes.Length - 1))] = damage.Item3;
            bytes[(int)(damage.Item4 * (bytes.Length - 1))] = damage.Item5;
            try
            {
                ImageDecoder.Decode(bytes, new Workspace(), Rgb.White);
            }
            catch (CorruptImageException)
            {
                // What the loader handles; anything else fails the test.
            }
        }, iter: 1500, threads: 1);

    [Theory]
    [InlineData(1, 300_000)]
    [InlineData(300_000, 1)]
    [InlineData(1, 1)]
    [InlineData(2, 70_000)]
    public void A_picture_that_is_nearly_a_line_is_transformed_or_refused(int width, int height)
    {
        ImageTransform[][] recipes =
        [
            [new ImageTransform.Resize(64), new ImageTransform.CenterCrop(32, 32)], [new ImageTransform.Resize(500), new ImageTransform.HorizontalFlip(1)], [new ImageTransform.ResizeExact(8, 8)],
            [new ImageTransform.RandomResizedCrop(32, 0.08, 1, 0.75, 1.33)], [.. Some.Augmentation(16)],
        ];
        foreach (var recipe in recipes)
        {
            var workspace = new Workspace();
            workspace.Picture.Resize(width, height);
            workspace.Picture.Fill(new(7, 8, 9));
            var random = new RandomStream(1, RandomPurpose.Test, 0, 0);
            try
            {
                new TransformPipeline([.. recipe], new(7, 8, 9)).ApplyToWhole(workspace, ref random);
                Assert.True(workspace.Picture.Width > 0 && workspace.Picture.Height > 0);
                if (recipe[0] is not ImageTransform.RandomRotation) Assert.Equal(-1, workspace.Picture.Words.IndexOfAnyExcept(Raster.Word(7, 8, 9)));
            }
            catch (CorruptImageException e)
            {
                Assert.Contains("pixels", e.Message);
            }
        }
    }
}
