using ActorTrainer.Core.Data;
using ActorTrainer.Core.Randomness;
using ActorTrainer.Data.Augmentation;
using ActorTrainer.Data.Batching;
using ActorTrainer.Data.Decoding;
using ActorTrainer.Data.Inputs;
using ActorTrainer.Data.Sources;
using CsCheck;

namespace ActorTrainer.Data.Tests.Augmentation;

/// <summary>What is decoded for a transform is all that it needs, whatever comes first in the list.</summary>
public class FramingSpec
{
    private const int Size = 24;
    private const ulong Seed = 5;
    private static readonly Rgb Background = new(10, 200, 30);

    public static TheoryData<ImageTransform[]> Recipes =>
    [
        [new ImageTransform.RandomResizedCrop(Size, 0.08, 1, 0.75, 4.0 / 3), new ImageTransform.HorizontalFlip(0.5)],
        [new ImageTransform.Resize(28), new ImageTransform.CenterCrop(Size, Size)],
        [new ImageTransform.Resize(20), new ImageTransform.CenterCrop(Size, Size)],
        [new ImageTransform.ResizeExact(Size, Size)],
        [new ImageTransform.ResizeExact(30, 26), new ImageTransform.CenterCrop(Size, Size)],
        [new ImageTransform.CenterCrop(Size, Size)],
        [new ImageTransform.CenterCrop(90, 10), new ImageTransform.ResizeExact(Size, Size)],
        [new ImageTransform.RandomCrop(Size, Size, 0)],
        [new ImageTransform.RandomCrop(Size, Size, 60)],
        [new ImageTransform.HorizontalFlip(0.5), new ImageTransform.RandomResizedCrop(Size, 0.2, 1, 0.75, 4.0 / 3)],
        [.. Some.Augmentation(Size)],
    ];

    [Theory]
    [MemberData(nameof(Recipes))]
    public void A_sample_is_what_the_transforms_make_of_the_whole_picture(ImageTransform[] recipe)
    {
        byte[][] files =
        [
            .. References.Names("decode/").Where(name => name.EndsWith(".jpg", StringComparison.Ordinal) || name.EndsWith("rgba.png", StringComparison.Ordinal)).Select(References.Bytes),
            .. Enumerable.Range(0, 8).Select(i => JpegWriter.Write(new(100 + 17 * i, 90 - 7 * i, 3, (byte)(i % 2 == 0 ? 0x22 : 0x21), Orientation: i + 1), (ulong)i)),
        ];
        using var data = (DataSet)ImageInputs.Of([.. files.Select((file, i) => ($"{i}", (ReadOnlyMemory<byte>)file))]);
        foreach (int channels in new[] { 1, 3 })
        {
            var loader = new SampleLoader(data, Options(recipe, channels));
            var transforms = new TransformPipeline([.. recipe], Background);
            var (whole, part) = (new Workspace(), new Workspace());
            byte[] pixels = new byte[loader.SampleBytes], expected = new byte[Size * Size * 3];
            for (int epoch = 0; epoch < 12; epoch++)
            {
                for (int sample = 0; sample < files.Length; sample++)
                {
                    ImageDecoder.Decode(files[sample], whole, Background);
                    if (channels == 1) Luma.Apply(whole.Picture);
                    var random = new RandomStream(Seed, RandomPurpose.Augmentation, (ulong)epoch, (ulong)sample);
                    transforms.ApplyToWhole(whole, ref random);
                    Rgb24.Pack(whole.Picture.Words, expected);
                    loader.Load(sample, epoch, part, pixels, default);
                    Assert.Equal(channels == 3 ? expected : [.. expected.Where((_, i) => i % 3 == 0)], pixels);
                }
            }
        }
    }

    [Fact]
    public void A_picture_is_never_decoded_to_fewer_pixels_than_its_resizing_asks_for() =>
        Gen.Select(Gen.Int[1, 400].Array[2], Gen.Double[0, 0.99].Array[4], Gen.Int[1, 300].Array[2]).Sample((size, where, to) =>
        {
            var picture = new PictureSize(size[0], size[1]);
            int left = (int)(where[0] * size[0]), top = (int)(where[1] * size[1]);
            var crop = new PixelWindow(left, top, 1 + (int)(where[2] * (size[0] - left)), 1 + (int)(where[3] * (size[1] - top)));
            var framing = new Framing(picture, crop, to[0], to[1], new(0, 0, to[0], to[1]));
            int eighths = framing.Eighths;
            Assert.InRange(eighths, 1, 8);
            Assert.True(eighths == 8 || crop.Width * eighths >= 8 * to[0] && crop.Height * eighths >= 8 * to[1]);
            Assert.True(eighths == 1 || crop.Width * (eighths - 1) < 8 * to[0] || crop.Height * (eighths - 1) < 8 * to[1]);
            var decoded = new PictureSize((size[0] * eighths + 7) / 8, (size[1] * eighths + 7) / 8);
            var (columns, rows) = framing.CropIn(decoded);
            if (eighths < 8) Assert.True(columns.Size >= to[0] - 1e-9 && rows.Size >= to[1] - 1e-9);
            Assert.True(decoded.All.Contains(framing.Reach(decoded)) && !framing.Reach(decoded).IsEmpty);
        });

    [Fact]
    public void Fast_decoding_makes_large_JPEGs_smaller_and_nothing_else_and_looks_the_same()
    {
        byte[] large = Photo(900, 700), png = References.Bytes("decode/rgb.png");
        var size = new PictureSize(900, 700);
        var framing = new Framing(size, new(100, 50, 600, 500), 100, 100, new(0, 0, 100, 100));
        var (fast, exact) = (new Workspace(), new Workspace());
        var at = ImageDecoder.Decode(large, fast, Rgb.White, framing, PictureDecoding.Fast, false);
        Assert.Equal(new(225, 175), at.Picture);
        fast.Resampler.Resize(fast.Picture, at, framing, framing.Window, fast.Spare);
        var all = ImageDecoder.Decode(large, exact, Rgb.White, framing, PictureDecoding.Exact, false);
        Assert.Equal(size, all.Picture);
        exact.Resampler.Resize(exact.Picture, all, framing, framing.Window, exact.Spare);
        var differences = fast.Spare.Pixels.ToArray().Zip(exact.Spare.Pixels.ToArray(), (a, b) => Math.Abs(a - b)).ToList();
        Assert.InRange(differences.Average(), 0.001, 1.5);
        Assert.InRange(differences.Max(), 1, 30);

        var header = ImageDecoder.ReadHeader(png);
        var small = new Framing(new(header.Width, header.Height), new(0, 0, header.Width, header.Height), 2, 2, new(0, 0, 2, 2));
        Assert.Equal(new(header.Width, header.Height), ImageDecoder.Decode(png, fast, Rgb.White, small, PictureDecoding.Fast, false).Picture);
    }

    [Fact]
    public async Task Fast_pixels_are_the_same_every_time_with_any_threads_and_with_a_cache()
    {
        var files = Enumerable.Range(0, 12).Select(i => ($"{i}", (ReadOnlyMemory<byte>)(i % 4 == 3 ? References.Bytes("decode/rgba.png") : Photo(200 + 10 * i, 150 + 5 * i)))).ToList();
        using var exactData = ImageInputs.Of(files);
        byte[] exact = await PixelsAsync(exactData, PictureDecoding.Exact, 1, 0);
        byte[]? first = null;
        foreach (var (threads, cache) in new[] { (1, 0L), (3, 0L), (2, 1L << 24) })
        {
            using var data = ImageInputs.Of(files);
            // What an exact source keeps is not what a fast one would have decoded.
            if (cache > 0) Assert.Equal(exact, await PixelsAsync(data, PictureDecoding.Exact, threads, cache));
            for (int time = 0; time < 2; time++)
            {
                byte[] pixels = await PixelsAsync(data, PictureDecoding.Fast, threads, cache);
                Assert.Equal(first ??= pixels, pixels);
                Assert.NotEqual(exact, pixels);
            }
        }
    }

    private static async Task<byte[]> PixelsAsync(IDataSet data, PictureDecoding decode, int threads, long cacheBytes)
    {
        var options = Options([new ImageTransform.Resize(28), new ImageTransform.CenterCrop(Size, Size)], 3) with { Threads = threads, CacheBytes = cacheBytes, Decode = decode };
        using var source = new DataReader().OpenBatches(data, options);
        using var batch = await source.LoadAsync(new(0, 0, [.. Enumerable.Range(0, data.Manifest.Samples.Length)]), default);
        return batch.Pixels.ToArray();
    }

    private static BatchSourceOptions Options(ImageTransform[] recipe, int channels) =>
        new([.. recipe], channels, Size, Background, CorruptFilePolicy.Fail, [], Seed, 1);

    /// <summary>Smooth, as photographs are: what a scaled decoder leaves out is not what they show.</summary>
    private static byte[] Photo(int width, int height)
    {
        var picture = new Raster();
        picture.Resize(width, height);
        for (int y = 0; y < height; y++)
        {
            for (int x = 0; x < width; x++)
                picture.Words[y * width + x] = Raster.Word(Wave(x, 31), Wave(y, 23), Wave(x + y, 47));
        }

        return ActorTrainer.Data.Inspection.PictureFile.Encode(picture, SkiaSharp.SKEncodedImageFormat.Jpeg, 92);

        static int Wave(int at, double length) => (int)(127.5 + 120 * Math.Sin(at / length * Math.PI));
    }
}
