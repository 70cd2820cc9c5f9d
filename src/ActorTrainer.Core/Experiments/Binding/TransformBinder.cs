using System.Collections.Immutable;
using ActorTrainer.Core.Data;
using ActorTrainer.Core.Experiments.Hocon;

namespace ActorTrainer.Core.Experiments.Binding;

/// <summary>The lists of augment and evaluate, followed step by step in what size a picture has, so that they end at the model's.</summary>
internal static class TransformBinder
{
    private const string ListOfSteps = "a list of steps, such as [ { resize = 256 }, { center-crop = 224 } ]";

    public static ImmutableArray<ImageTransform> Evaluate(Setting setting, int imageSize, ProblemLog problems)
    {
        if (setting.IsNull) return Default(imageSize);
        var steps = Read(setting, imageSize, problems);
        foreach (var (transform, at) in steps)
            if (IsRandom(transform)) at.Error("a random step; evaluation must give the same picture every time");
        CheckSize(setting, [], steps, imageSize);
        return [.. steps.Select(step => step.Transform)];
    }

    public static ImmutableArray<ImageTransform> Augment(Setting setting, ImmutableArray<ImageTransform> evaluate, int imageSize, ProblemLog problems)
    {
        if (setting.IsNull) return evaluate;
        var steps = Read(setting, imageSize, problems);
        ImmutableArray<ImageTransform> before = steps.Any(step => SetsSize(step.Transform)) ? [] : evaluate;
        CheckSize(setting, before, steps, imageSize);
        return [.. before, .. steps.Select(step => step.Transform)];
    }

    /// <summary>As ImageNet's models are evaluated; small pictures, where a crop would cut off the subject, are only resized.</summary>
    private static ImmutableArray<ImageTransform> Default(int size) => size <= 64
        ? [new ImageTransform.ResizeExact(size, size)]
        : [new ImageTransform.Resize((int)Math.Round(size * 256 / 224.0, MidpointRounding.AwayFromZero)), new ImageTransform.CenterCrop(size, size)];

    private static List<(ImageTransform Transform, Setting At)> Read(Setting setting, int imageSize, ProblemLog problems)
    {
        var steps = new List<(ImageTransform, Setting)>();
        foreach (var item in setting.Items(ListOfSteps) ?? [])
            if (Step(item, imageSize, problems) is { } step) steps.Add((step, item));
        return steps;
    }

    private static ImageTransform? Step(Setting item, int imageSize, ProblemLog problems)
    {
        var all = Reference.Instance.Transforms;
        var (name, at, value) = item.Node switch
        {
            HoconObject { Count: 1 } entry when entry.Fields.First() is var field => (field.Key, field.Origin, field.Value),
            HoconScalar { Kind: HoconKind.Text } word => (word.Text, word.Origin, new HoconObject([], word.Origin)),
            _ => ("", item.Origin, item.Node),
        };
        if (name.Length == 0)
        {
            item.Expected("one step: { name { key = value } }, { name = value } or name");
            return null;
        }

        if (all[name]?.Value is not HoconObject reference)
        {
            problems.Error(HoconPath.Join(item.Path, name), at, $"unknown step; expected one of {string.Join(", ", all.Fields.Select(field => field.Key))}",
                Nearest.Of(name, all.Fields.Select(field => field.Key)));
            return null;
        }

        // { step = value } sets the step's first key.
        var parameters = value as HoconObject ?? new HoconObject([new(reference.Fields.First().Key, value, at)], at);
        return Build(name, new Section(problems, HoconPath.Join(item.Path, name), parameters, reference, at), imageSize);
    }

    private static ImageTransform Build(string name, Section step, int imageSize)
    {
        switch (name)
        {
            case "resize":
                var size = step["size"];
                if (size.IsNull) return new ImageTransform.ResizeExact(imageSize, imageSize);
                if (size.Node is not HoconArray) return new ImageTransform.Resize(Pixels(size));
                var exact = HeightWidth(size, imageSize);
                return new ImageTransform.ResizeExact(exact.Height, exact.Width);
            case "center-crop":
                var center = HeightWidth(step["size"], imageSize);
                return new ImageTransform.CenterCrop(center.Height, center.Width);
            case "random-crop":
                var crop = HeightWidth(step["size"], imageSize);
                return new ImageTransform.RandomCrop(crop.Height, crop.Width, step["padding"].Integer(0, 4096));
            case "random-resized-crop":
                var scale = Pair(step["scale"], new(0, 1, WithoutLeast: true));
                var ratio = Pair(step["ratio"], new(0, 100, WithoutLeast: true));
                return new ImageTransform.RandomResizedCrop(step["size"].OrNull(Pixels) ?? imageSize, scale.Least, scale.Most, ratio.Least, ratio.Most);
            case "horizontal-flip": return new ImageTransform.HorizontalFlip(step["probability"].Number(new(0, 1)));
            case "vertical-flip": return new ImageTransform.VerticalFlip(step["probability"].Number(new(0, 1)));
            case "color-jitter":
                NumberRange factor = new(0, 100);
                return new ImageTransform.ColorJitter(step["brightness"].Number(factor), step["contrast"].Number(factor),
                    step["saturation"].Number(factor), step["hue"].Number(new(0, 0.5)));
            case "random-rotation": return new ImageTransform.RandomRotation(step["degrees"].Number(new(0, 180)));
            default: throw new InvalidOperationException($"reference.conf lists the step '{name}', which nothing builds");
        }
    }

    private static int Pixels(Setting setting) => setting.Integer(1, 4096);

    private static (int Height, int Width) HeightWidth(Setting setting, int imageSize)
    {
        if (setting.IsNull) return (imageSize, imageSize);
        if (setting.Node is not HoconArray)
        {
            int side = Pixels(setting);
            return (side, side);
        }

        if (setting.Items("") is { Length: 2 } sides) return (Pixels(sides[0]), Pixels(sides[1]));
        setting.Error("expected a number of pixels or [height, width]");
        return (imageSize, imageSize);
    }

    private static (double Least, double Most) Pair(Setting setting, NumberRange range)
    {
        if (setting.Items("two numbers, [least, most]") is not { } items) return (1, 1);
        if (items.Length != 2)
        {
            setting.Error($"expected two numbers, [least, most], found {items.Length}");
            return (1, 1);
        }

        var (least, most) = (items[0].Number(range), items[1].Number(range));
        if (least > most) setting.Error("expected [least, most]: the first is greater than the second");
        return (least, most);
    }

    private static bool IsRandom(ImageTransform transform) =>
        transform is not (ImageTransform.Resize or ImageTransform.ResizeExact or ImageTransform.CenterCrop);

    private static bool SetsSize(ImageTransform transform) => transform is ImageTransform.Resize or ImageTransform.ResizeExact
        or ImageTransform.CenterCrop or ImageTransform.RandomCrop or ImageTransform.RandomResizedCrop;

    private static void CheckSize(Setting setting, ImmutableArray<ImageTransform> before, List<(ImageTransform Transform, Setting At)> steps, int imageSize)
    {
        // What is known of the picture: each side at least this long, and exactly so or not.
        var (height, width, known) = (0, 0, false);
        foreach (var (transform, at) in before.Select(transform => (transform, setting)).Concat(steps))
        {
            switch (transform)
            {
                case ImageTransform.Resize resize: (height, width, known) = (resize.ShortSide, resize.ShortSide, known && height == width); break;
                case ImageTransform.ResizeExact exact: (height, width, known) = (exact.Height, exact.Width, true); break;
                case ImageTransform.CenterCrop crop: Crop(crop.Height, crop.Width, 0, at); break;
                case ImageTransform.RandomCrop crop: Crop(crop.Height, crop.Width, 2 * crop.Padding, at); break;
                case ImageTransform.RandomResizedCrop crop: (height, width, known) = (crop.Size, crop.Size, true); break;
            }
        }

        if (known && height == imageSize && width == imageSize) return;
        string ends = known ? $"these steps end at {height} x {width} pixels" : "these steps don't end at one size";
        setting.Error($"{ends}, and image-size is {imageSize}: end with {{ center-crop = {imageSize} }} or {{ resize = [{imageSize}, {imageSize}] }}");

        void Crop(int cropHeight, int cropWidth, int padding, Setting at)
        {
            if (known && (cropHeight > height + padding || cropWidth > width + padding))
                at.Error($"a crop of {cropHeight} x {cropWidth} from a picture of {height + padding} x {width + padding}");
            else if (height > 0 && !known && Math.Max(cropHeight, cropWidth) > height + padding)
                at.Error($"a crop of {cropHeight} x {cropWidth} from a picture whose short side is {height + padding}");
            (height, width, known) = (cropHeight, cropWidth, true);
        }
    }
}
