using System.Collections.Immutable;
using ActorTrainer.Core.Data;
using ActorTrainer.Core.Randomness;
using ActorTrainer.Data.Decoding;

namespace ActorTrainer.Data.Augmentation;

/// <summary>
/// The transforms of an experiment file, ready to be applied: each takes <see cref="Workspace.Picture"/> to the next one. Random numbers are drawn
/// from the sample's own stream in the transforms' order, so a picture depends on (seed, epoch, sample) and on nothing else.
/// </summary>
internal sealed class TransformPipeline
{
    private delegate void Step(Workspace workspace, ref RandomStream random);

    private readonly List<Step> _steps = [];

    public TransformPipeline(ImmutableArray<ImageTransform> transforms, Rgb background)
    {
        for (int i = 0; i < transforms.Length; i++)
        {
            // Of a picture that is resized and then cropped only the crop is computed.
            var crop = i + 1 < transforms.Length ? transforms[i + 1] as ImageTransform.CenterCrop : null;
            switch (transforms[i])
            {
                case ImageTransform.Resize resize:
                    _steps.Add((Workspace w, ref RandomStream _) => ResizeAndCrop(w, Geometry.ShortSide(w.Picture.Width, w.Picture.Height, resize.ShortSide), crop, background));
                    if (crop is not null) i++;
                    break;
                case ImageTransform.ResizeExact resize:
                    _steps.Add((Workspace w, ref RandomStream _) => ResizeAndCrop(w, (resize.Width, resize.Height), crop, background));
                    if (crop is not null) i++;
                    break;
                case ImageTransform.CenterCrop center:
                    _steps.Add((Workspace w, ref RandomStream _) => Crop(w, Geometry.CenterCrop(w.Picture.Width, w.Picture.Height, center), background));
                    break;
                case ImageTransform.RandomCrop random:
                    _steps.Add((Workspace w, ref RandomStream r) => Crop(w, Geometry.RandomCrop(w.Picture.Width, w.Picture.Height, random, ref r), background));
                    break;
                case ImageTransform.RandomResizedCrop random:
                    _steps.Add((Workspace w, ref RandomStream r) =>
                    {
                        var window = Geometry.RandomResizedCrop(w.Picture.Width, w.Picture.Height, random, ref r);
                        Resize(w, window, random.Size, random.Size, new(0, 0, random.Size, random.Size));
                    });
                    break;
                case ImageTransform.HorizontalFlip flip:
                    _steps.Add((Workspace w, ref RandomStream r) => { if (r.NextSingle() < flip.Probability) Flip.Horizontal(w.Picture); });
                    break;
                case ImageTransform.VerticalFlip flip:
                    _steps.Add((Workspace w, ref RandomStream r) => { if (r.NextSingle() < flip.Probability) Flip.Vertical(w.Picture); });
                    break;
                case ImageTransform.ColorJitter jitter:
                    _steps.Add((Workspace w, ref RandomStream r) => ColorJitter.Apply(w.Picture, jitter, ref r));
                    break;
                case ImageTransform.RandomRotation rotation:
                    _steps.Add((Workspace w, ref RandomStream r) => Rotate(w, r.NextDouble(-rotation.Degrees, rotation.Degrees), background));
                    break;
                case var unknown:
                    throw new ArgumentOutOfRangeException(nameof(transforms), unknown, "unknown transform");
            }
        }
    }

    public void Apply(Workspace workspace, ref RandomStream random)
    {
        foreach (var step in _steps) step(workspace, ref random);
    }

    private static void ResizeAndCrop(Workspace workspace, (int Width, int Height) size, ImageTransform.CenterCrop? crop, Rgb background)
    {
        var whole = new PixelWindow(0, 0, size.Width, size.Height);
        var wanted = crop is null ? whole : Geometry.CenterCrop(size.Width, size.Height, crop);
        bool inside = wanted is { Left: >= 0, Top: >= 0 } && wanted.Left + wanted.Width <= size.Width && wanted.Top + wanted.Height <= size.Height;
        Resize(workspace, new(0, 0, workspace.Picture.Width, workspace.Picture.Height), size.Width, size.Height, inside ? wanted : whole);
        if (!inside) Crop(workspace, wanted, background);
    }

    private static void Resize(Workspace workspace, PixelWindow crop, int width, int height, PixelWindow window)
    {
        workspace.Resampler.Resize(workspace.Picture, crop, width, height, window, workspace.Spare);
        workspace.Swap();
    }

    private static void Crop(Workspace workspace, PixelWindow window, Rgb background)
    {
        var (from, to) = (workspace.Picture, workspace.Spare);
        to.Resize(window.Width, window.Height);
        int left = Math.Max(window.Left, 0), right = Math.Min(window.Left + window.Width, from.Width);
        int top = Math.Max(window.Top, 0), bottom = Math.Min(window.Top + window.Height, from.Height);
        if (right - left < window.Width || bottom - top < window.Height) to.Fill(background);
        for (int y = top; y < bottom && left < right; y++)
            from.Words[(y * from.Width + left)..(y * from.Width + right)].CopyTo(to.Words[((y - window.Top) * to.Width + left - window.Left)..]);
        workspace.Swap();
    }

    private static void Rotate(Workspace workspace, double degrees, Rgb background)
    {
        Rotation.Apply(workspace.Picture, workspace.Spare, degrees, background);
        workspace.Swap();
    }
}
