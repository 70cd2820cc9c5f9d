using ActorTrainer.Core.Data;
using ActorTrainer.Data.Augmentation;
using ActorTrainer.Data.Decoding;
using CsCheck;

namespace ActorTrainer.Data.Tests.Decoding;

/// <summary>A part of a picture has the bits, and a damaged file the verdict, of the whole picture.</summary>
public class JpegPartSpec
{
    private const int MaxSide = 150;

    private static readonly Gen<JpegKind> AnyKind =
        from size in Gen.Select(Gen.Int[1, MaxSide], Gen.Int[1, MaxSide])
        from components in OneOf(3, 3, 3, 1)
        from sampling in OneOf<byte>(0x11, 0x21, 0x12, 0x22, 0x22, 0x41, 0x14, 0x42)
        from restart in OneOf(0, 0, 1, 3, 7, 1000)
        from scans in OneOf(false, false, false, true)
        from orientation in OneOf(0, 0, 1, 2, 3, 4, 5, 6, 7, 8)
        select new JpegKind(size.Item1, size.Item2, components, components == 1 && sampling != 0x22 ? (byte)0x11 : sampling, restart, scans && components == 3, orientation);

    private static readonly Gen<(JpegKind Kind, ulong Seed, double[] Where)> AnyPart = Gen.Select(AnyKind, Gen.ULong, Gen.Double[0, 1].Array[4]);

    [Fact]
    public void Every_part_of_every_kind_of_JPEG_is_what_the_whole_picture_has_there() => AnyPart.Sample(any =>
    {
        byte[] file = JpegWriter.Write(any.Kind, any.Seed);
        var (whole, part) = (new Workspace(), new Workspace());
        ImageDecoder.Decode(file, whole, Rgb.White);
        var wanted = Window(whole.Picture, any.Where);
        foreach (bool isSound in new[] { false, true })
        {
            var at = ImageDecoder.Decode(file, part, Rgb.White, Cropping(whole.Picture, wanted), PictureDecoding.Exact, isSound);
            AssertSame(any.Kind, whole.Picture, PicturePart.Whole(whole.Picture), part.Picture, at, wanted);
        }
    }, iter: 3000, threads: 1);

    [Fact]
    public void Every_part_of_a_scaled_JPEG_is_what_the_whole_scaled_picture_has_there() => Gen.Select(AnyPart, Gen.Int[1, 8]).Sample((any, eighths) =>
    {
        byte[] file = JpegWriter.Write(any.Kind, any.Seed);
        var (whole, part) = (new Workspace(), new Workspace());
        ImageDecoder.Decode(file, whole, Rgb.White);
        var size = new PictureSize(whole.Picture.Width, whole.Picture.Height);
        var crop = Window(whole.Picture, any.Where);
        var all = new Framing(size, size.All, Math.Max(size.Width * eighths / 8, 1), Math.Max(size.Height * eighths / 8, 1), default) with { Window = new(0, 0, 1, 1) };
        all = all with { Window = new(0, 0, all.Width, all.Height) };
        var framing = new Framing(size, crop, Math.Max(crop.Width * eighths / 8, 1), Math.Max(crop.Height * eighths / 8, 1), default);
        framing = framing with { Window = new(0, 0, framing.Width, framing.Height) };
        if (framing.Eighths != all.Eighths) return;
        var wholeAt = ImageDecoder.Decode(file, whole, Rgb.White, all, PictureDecoding.Fast, false);
        var at = ImageDecoder.Decode(file, part, Rgb.White, framing, PictureDecoding.Fast, false);
        Assert.Equal(wholeAt.Picture, at.Picture);
        AssertSame(any.Kind, whole.Picture, wholeAt, part.Picture, at, framing.Reach(at.Picture));
    }, iter: 3000, threads: 1);

    [Fact]
    public void A_damaged_file_has_the_same_verdict_and_the_same_pixels_whatever_part_is_wanted()
    {
        var (whole, part) = (new Workspace(), new Workspace());
        int corrupt = 0, readable = 0;
        Gen.Select(AnyPart, Gen.Select(Gen.Double[0, 1], Gen.Byte).Array[0, 4], Gen.OneOf(Gen.Const(1.0), Gen.Double[0.3, 1])).Sample((any, damages, kept) =>
        {
            byte[] file = JpegWriter.Write(any.Kind, any.Seed);
            foreach (var (where, value) in damages) file[(int)(where * (file.Length - 1))] = value;
            file = file[..(int)(kept * file.Length)];
            string? verdict = Verdict(() => ImageDecoder.Decode(file, whole, Rgb.White));
            // What a header says no more is not a matter of parts.
            if (Verdict(() => ImageDecoder.ReadHeader(file)) is not null) return;
            var header = ImageDecoder.ReadHeader(file);
            var size = new PictureSize(header.Width, header.Height);
            var wanted = Window(size, any.Where);
            PicturePart at = default;
            var smaller = new Framing(size, wanted, Math.Max(wanted.Width / 3, 1), Math.Max(wanted.Height / 3, 1), new(0, 0, 1, 1));
            Assert.Equal(verdict, Verdict(() => ImageDecoder.Decode(file, part, Rgb.White, smaller, PictureDecoding.Fast, false)));
            Assert.Equal(verdict, Verdict(() => at = ImageDecoder.Decode(file, part, Rgb.White, Cropping(size, wanted), PictureDecoding.Exact, false)));
            if (verdict is null) AssertSame(any.Kind, whole.Picture, PicturePart.Whole(whole.Picture), part.Picture, at, wanted);
            _ = verdict is null ? readable++ : corrupt++;
        }, iter: 4000, threads: 1);
        Assert.True(corrupt > 200 && readable > 200, $"{corrupt} corrupt, {readable} readable");
    }

    [Fact]
    public void A_file_that_is_cut_off_below_the_part_is_corrupt()
    {
        byte[] file = JpegWriter.Write(new(100, 160, 3, 0x22), 1);
        var top = Cropping(new PictureSize(100, 160), new(10, 0, 50, 20));
        for (int length = file.Length - 3; length > file.Length / 2; length -= 7)
            Assert.Contains("cut off", Assert.Throws<CorruptImageException>(() => ImageDecoder.Decode(file.AsSpan(0, length), new Workspace(), Rgb.White, top, PictureDecoding.Exact, false)).Message);
    }

    [Theory]
    [InlineData(0x22, 0, false, true)]
    [InlineData(0x21, 5, false, true)]
    [InlineData(0x12, 0, false, true)]
    [InlineData(0x11, 1, false, true)]
    [InlineData(0x41, 0, false, false)]
    [InlineData(0x22, 0, true, false)]
    public void Baseline_files_of_common_subsampling_have_parts(byte sampling, int restart, bool scans, bool expected)
    {
        var kind = new JpegKind(64, 64, 3, sampling, restart, scans, 6);
        Assert.Equal(expected, JpegLayout.HasParts(JpegWriter.Write(kind, 1)));
        var workspace = new Workspace();
        ImageDecoder.Decode(JpegWriter.Write(kind, 1), workspace, Rgb.White, Cropping(new PictureSize(64, 64), new(30, 30, 8, 8)), PictureDecoding.Exact, false);
        Assert.Equal(expected, workspace.Picture.Height < 64);
    }

    [Fact]
    public void A_header_that_another_reader_might_see_differently_has_no_parts()
    {
        byte[] file = JpegWriter.Write(new(64, 64, 3, 0x22), 1);
        Assert.True(JpegLayout.HasParts([0xFF, 0xD8, 0xFF, .. file[2..]]));         // a fill byte
        Assert.False(JpegLayout.HasParts([0xFF, 0xD8, 0xFF, 0xD0, .. file[2..]]));  // a restart marker
        Assert.False(JpegLayout.HasParts([0xFF, 0xD8, 0x00, .. file[2..]]));        // garbage
        for (int length = 0; length < 200; length++) JpegLayout.HasParts(file.AsSpan(0, length));
    }

    [Fact]
    public void Other_pictures_have_no_parts()
    {
        foreach (string name in References.Names("decode/").Where(name => !name.EndsWith(".rgb", StringComparison.Ordinal) && (name.Contains("progressive") || name.Contains("cmyk") || !name.EndsWith(".jpg", StringComparison.Ordinal))))
            Assert.False(JpegLayout.HasParts(References.Bytes(name)), name);
    }

    private static Gen<T> OneOf<T>(params T[] values) => Gen.Int[0, values.Length - 1].Select(i => values[i]);

    private static string? Verdict(Action decode)
    {
        try
        {
            decode();
            return null;
        }
        catch (CorruptImageException e)
        {
            return e.Message;
        }
    }

    private static PixelWindow Window(Raster picture, double[] where) => Window(new PictureSize(picture.Width, picture.Height), where);

    private static PixelWindow Window(PictureSize size, double[] where)
    {
        int left = (int)(where[0] * size.Width * 0.999), top = (int)(where[1] * size.Height * 0.999);
        return new(left, top, 1 + (int)(where[2] * (size.Width - left) * 0.999), 1 + (int)(where[3] * (size.Height - top) * 0.999));
    }

    private static Framing Cropping(Raster picture, PixelWindow window) => Cropping(new PictureSize(picture.Width, picture.Height), window);

    private static Framing Cropping(PictureSize size, PixelWindow window) => new(size, size.All, size.Width, size.Height, window);

    private static void AssertSame(JpegKind kind, Raster whole, PicturePart wholeAt, Raster part, PicturePart at, PixelWindow window)
    {
        Assert.True(new PixelWindow(at.Left, at.Top, part.Width, part.Height).Contains(window), $"{kind}: {window} is not in what was decoded");
        for (int y = window.Top; y < window.Bottom; y++)
        {
            var expected = whole.Words.Slice((y - wholeAt.Top) * whole.Width + window.Left - wholeAt.Left, window.Width);
            var actual = part.Words.Slice((y - at.Top) * part.Width + window.Left - at.Left, window.Width);
            int same = expected.CommonPrefixLength(actual);
            Assert.True(same == window.Width, same == window.Width ? "" : $"{kind}, {window}: pixel {window.Left + same}, {y} is {actual[same]:x8}, not {expected[same]:x8}");
        }
    }
}
