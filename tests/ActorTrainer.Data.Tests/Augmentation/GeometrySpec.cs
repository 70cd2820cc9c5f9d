using ActorTrainer.Core.Data;
using ActorTrainer.Core.Randomness;
using ActorTrainer.Data.Augmentation;
using ActorTrainer.Data.Decoding;
using CsCheck;

namespace ActorTrainer.Data.Tests.Augmentation;

public class GeometrySpec
{
    [Fact]
    public void A_random_resized_crop_lies_inside_and_keeps_to_its_scale_and_ratio() =>
        Gen.Select(Gen.Int[1, 300], Gen.Int[1, 300], Gen.Double[0.05, 1], Gen.Double[0.3, 1], Gen.ULong).Sample((width, height, minScale, minRatio, seed) =>
        {
            var random = new RandomStream(seed, RandomPurpose.Test, 0, 0);
            var window = Geometry.RandomResizedCrop(width, height, new(224, minScale, 1, minRatio, 1 / minRatio), ref random);
            return window is { Left: >= 0, Top: >= 0, Width: > 0, Height: > 0 } && window.Left + window.Width <= width && window.Top + window.Height <= height;
        });

    [Fact]
    public void A_random_resized_crop_covers_scales_ratios_and_places_evenly()
    {
        const int Draws = 20_000;
        var crop = new ImageTransform.RandomResizedCrop(224, 0.25, 0.5, 0.75, 4.0 / 3);
        double area = 0, logRatio = 0, place = 0;
        for (int i = 0; i < Draws; i++)
        {
            var random = new RandomStream(3, RandomPurpose.Test, 0, (ulong)i);
            var window = Geometry.RandomResizedCrop(1000, 1000, crop, ref random);
            area += window.Width * window.Height / 1e6 / Draws;
            logRatio += Math.Log((double)window.Width / window.Height) / Draws;
            place += window.Left / (double)(1000 - window.Width) / Draws;
            Assert.InRange(window.Width * window.Height / 1e6, 0.249, 0.501);
            Assert.InRange((double)window.Width / window.Height, 0.748, 1.336);
        }

        Assert.InRange(area, 0.372, 0.378);
        Assert.InRange(logRatio, -0.005, 0.005);
        Assert.InRange(place, 0.49, 0.51);
    }

    [Theory]
    [InlineData(1000, 10, 493, 0, 13, 10)]
    [InlineData(10, 1000, 0, 493, 10, 13)]
    public void Where_no_try_fits_the_largest_allowed_middle_is_taken(int width, int height, int left, int top, int w, int h)
    {
        // The whole area of a very long picture never fits a ratio near 1.
        var random = new RandomStream(3, RandomPurpose.Test, 0, 0);
        Assert.Equal(new PixelWindow(left, top, w, h), Geometry.RandomResizedCrop(width, height, new(8, 1, 1, 0.75, 4.0 / 3), ref random));
    }

    [Fact]
    public void A_random_crop_reaches_every_place_once_padded_and_no_other()
    {
        var seen = new HashSet<(int, int)>();
        for (int i = 0; i < 2000; i++)
        {
            var random = new RandomStream(3, RandomPurpose.Test, 0, (ulong)i);
            var window = Geometry.RandomCrop(8, 9, new(8, 8, 1), ref random);
            seen.Add((window.Left, window.Top));
        }

        Assert.Equal(Enumerable.Range(-1, 3).SelectMany(x => Enumerable.Range(-1, 4).Select(y => (x, y))), seen.Order());
    }

    [Fact]
    public void A_random_crop_of_a_picture_that_is_too_small_contains_it_whole()
    {
        for (int i = 0; i < 100; i++)
        {
            var random = new RandomStream(3, RandomPurpose.Test, 0, (ulong)i);
            var window = Geometry.RandomCrop(5, 20, new(8, 8, 0), ref random);
            Assert.InRange(window.Left, -3, 0);
            Assert.InRange(window.Top, 0, 12);
        }
    }

    [Fact]
    public void Only_the_window_that_is_wanted_is_computed_and_it_is_the_same() =>
        Gen.Select(Gen.Int[1, 70], Gen.Int[1, 70], Gen.Int[1, 50], Gen.Int[1, 50], Gen.ULong).Sample((width, height, toWidth, toHeight, seed) =>
        {
            var random = new RandomStream(seed, RandomPurpose.Test, 0, 0);
            var source = References.Pattern(width, height);
            int w = 1 + random.NextInt32(toWidth), h = 1 + random.NextInt32(toHeight);
            var window = new PixelWindow(random.NextInt32(toWidth - w + 1), random.NextInt32(toHeight - h + 1), w, h);
            var (whole, part, scalar, cut) = (new Raster(), new Raster(), new Raster(), new Raster());
            new Resampler().Resize(source, new(0, 0, width, height), toWidth, toHeight, new(0, 0, toWidth, toHeight), whole);
            new Resampler().Resize(source, new(0, 0, width, height), toWidth, toHeight, window, part);
            new Resampler { Scalar = true }.Resize(source, new(0, 0, width, height), toWidth, toHeight, window, scalar);
            Resampler.Copy(whole, window, cut);
            return cut.Pixels.SequenceEqual(part.Pixels) && cut.Pixels.SequenceEqual(scalar.Pixels);
        });

    [Fact]
    public void Flips_mirror_and_twice_is_none()
    {
        var picture = References.Pattern(13, 7);
        byte[] before = References.Rgb(picture);
        Flip.Horizontal(picture);
        Assert.Equal(before[..3], References.Rgb(picture)[36..39]);
        Flip.Vertical(picture);
        Assert.Equal(before[..3], References.Rgb(picture)[^3..]);
        Flip.Horizontal(picture);
        Flip.Vertical(picture);
        Assert.Equal(before, References.Rgb(picture));
    }
}
