using System.Collections.Immutable;
using ActorTrainer.Core.Data;
using ActorTrainer.Core.Randomness;
using ActorTrainer.Data.Decoding;

namespace ActorTrainer.Data.Augmentation;

/// <summary>
/// The transforms of an experiment file, ready to be applied: each takes <see cref="Workspace.Picture"/> to the next one. Random numbers are drawn
/// from the sample's own stream in the transforms' order, so a picture depends on (seed, epoch, sample) and on nothing else. What the first transform
/// takes of a picture is known from its size, so that no more than that needs to be decoded.
/// </summary>
internal sealed class TransformPipeline
{
    /// <summary>Which part of a picture of that size a transform takes, and what size it becomes.</summary>
    private delegate Framing Frame(PictureSize size, ref RandomStream random);

    /// <summary>A change in place.</summary>
    private delegate void Change(Workspace workspace, ref RandomStream random);

    private readonly Rgb _background;
    private readonly Frame? _first;
    private readonly List<Change> _rest = [];

    public TransformPipeline(ImmutableArray<ImageTransform> transforms, Rgb background)
    {
        _background = background;
        for (int i = 0; i < transforms.Length; i++)
        {
            // Of a picture that is resized and then cropped only the crop is computed.
            var crop = i + 1 < transforms.Length ? transforms[i + 1] as ImageTransform.CenterCrop : null;
            bool first = i == 0;
            if (FrameOf(transforms[i], crop) is { } frame)
            {
                if (crop is not null && transforms[i] is ImageTransform.Resize or ImageTransform.ResizeExact) i++;
                if (first) _first = frame;
                else _rest.Add((Workspace w, ref RandomStream r) => Take(w, PicturePart.Whole(w.Picture), frame(new(w.Picture.Width, w.Picture.Height), ref r)));
            }
            else
            {
                _rest.Add(ChangeOf(transforms[i]));
            }
        }
    }

    /// <summary>What of a picture of that size is needed. Draws what the first transform draws.</summary>
    public Framing First(PictureSize size, ref RandomStream random) => _first?.Invoke(size, ref random) ?? Framing.Whole(size);

    /// <param name="workspace">Its picture is that <paramref name="part"/>, which has all that <paramref name="framing"/> reaches.</param>
    /// <param name="framing">What <see cref="First"/> gave.</param>
    /// <param name="random">As <see cref="First"/> left it.</param>
    public void Apply(Workspace workspace, PicturePart part, Framing framing, ref RandomStream random)
    {
        Take(workspace, part, framing);
        foreach (var change in _rest) change(workspace, ref random);
    }

    private static Frame? FrameOf(ImageTransform transform, ImageTransform.CenterCrop? crop) => transform switch
    {
        ImageTransform.Resize resize => (PictureSize size, ref RandomStream _) => Resized(size, Geometry.ShortSide(size.Width, size.Height, resize.ShortSide), crop),
        ImageTransform.ResizeExact resize => (PictureSize size, ref RandomStream _) => Resized(size, (resize.Width, resize.Height), crop),
        ImageTransform.CenterCrop center => (PictureSize size, ref RandomStream _) => Cropped(size, Geometry.CenterCrop(size.Width, size.Height, center)),
        ImageTransform.RandomCrop random => (PictureSize size, ref RandomStream r) => Cropped(size, Geometry.RandomCrop(size.Width, size.Height, random, ref r)),
        ImageTransform.RandomResizedCrop random => (PictureSize size, ref RandomStream r) =>
            new(size, Geometry.RandomResizedCrop(size.Width, size.Height, random, ref r), random.Size, random.Size, new(0, 0, random.Size, random.Size)),
        _ => null,
    };

    private Change ChangeOf(ImageTransform transform) => transform switch
    {
        ImageTransform.HorizontalFlip flip => (Workspace w, ref RandomStream r) => { if (r.NextSingle() < flip.Probability) Flip.Horizontal(w.Picture); }
        ,
        ImageTransform.VerticalFlip flip => (Workspace w, ref RandomStream r) => { if (r.NextSingle() < flip.Probability) Flip.Vertical(w.Picture); }
        ,
        ImageTransform.ColorJitter jitter => (Workspace w, ref RandomStream r) => ColorJitter.Apply(w.Picture, jitter, ref r),
        ImageTransform.RandomRotation rotation => (Workspace w, ref RandomStream r) => Rotate(w, r.NextDouble(-rotation.Degrees, rotation.Degrees), _background),
        _ => throw new ArgumentOutOfRangeException(nameof(transform), transform, "unknown transform"),
    };

    private static Framing Resized(PictureSize size, (int Width, int Height) to, ImageTransform.CenterCrop? crop) =>
        new(size, size.All, to.Width, to.Height, crop is null ? new(0, 0, to.Width, to.Height) : Geometry.CenterCrop(to.Width, to.Height, crop));

    private static Framing Cropped(PictureSize size, PixelWindow window) => new(size, size.All, size.Width, size.Height, window);

    private void Take(Workspace workspace, PicturePart part, Framing framing)
    {
        var (window, inside) = (framing.Window, framing.Inside);
        if (framing.IsWhole && part == PicturePart.Whole(workspace.Picture) && part.Picture == framing.Picture) return;
        workspace.Resampler.Resize(workspace.Picture, part, framing, inside, workspace.Spare);
        workspace.Swap();
        if (inside != window) Place(workspace, inside, window, _background);
    }

    /// <summary>Puts the picture, which stands at <paramref name="at"/>, into a window that reaches beyond it: the background shows there.</summary>
    private static void Place(Workspace workspace, PixelWindow at, PixelWindow window, Rgb background)
    {
        var (from, to) = (workspace.Picture, workspace.Spare);
        to.Resize(window.Width, window.Height);
        to.Fill(background);
        var both = at.Intersect(window);
        for (int y = both.Top; y < both.Bottom && both.Width > 0; y++)
            from.Words.Slice((y - at.Top) * from.Width + both.Left - at.Left, both.Width).CopyTo(to.Words[((y - window.Top) * to.Width + both.Left - window.Left)..]);
        workspace.Swap();
    }

    private static void Rotate(Workspace workspace, double degrees, Rgb background)
    {
        Rotation.Apply(workspace.Picture, workspace.Spare, degrees, background);
        workspace.Swap();
    }
}
