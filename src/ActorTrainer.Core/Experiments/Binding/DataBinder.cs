using System.Collections.Immutable;
using ActorTrainer.Core.Data;
using ActorTrainer.Core.Experiments.Hocon;

namespace ActorTrainer.Core.Experiments.Binding;

/// <summary>A <c>data</c> section: the experiment's, or a phase's over it.</summary>
internal static class DataBinder
{
    public static DataSettings Read(Section data, ProblemLog problems)
    {
        int channels = data["channels"].Choice(("3", 3), ("1", 1));
        int imageSize = data["image-size"].Integer(1, 4096);
        var evaluate = TransformBinder.Evaluate(data["evaluate"], imageSize, problems);
        var augment = TransformBinder.Augment(data["augment"], evaluate, imageSize, problems);
        if (channels == 1 && augment.OfType<ImageTransform.ColorJitter>().Any(jitter => jitter.Saturation > 0 || jitter.Hue > 0))
            data["augment"].Warning("saturation and hue do nothing to pictures of one channel");
        return new()
        {
            Train = data["train"].DataLocation("the path of the training images"),
            Validation = Validation(data["validation"]),
            Test = data["test"] is { IsNull: false } test ? test.DataLocation("a path, or null") : null,
            Classes = Classes(data["classes"]),
            Channels = channels,
            ImageSize = imageSize,
            Background = Background(data["background"]),
            Augment = augment,
            Evaluate = evaluate,
            Normalize = Normalize(data["normalize"], channels),
            Decode = data["decode"].Choice(("exact", PictureDecoding.Exact), ("fast", PictureDecoding.Fast)),
            OnCorruptFile = data["on-corrupt-file"].Choice(("fail", CorruptFilePolicy.Fail), ("skip", CorruptFilePolicy.Skip)),
            LoaderThreads = data["loader-threads"].OrNull(setting => setting.Integer(1, 1024)),
            Prefetch = data["prefetch"].Integer(1, 1024),
            CacheMebibytes = data["cache-mib"].OrNull(setting => setting.Integer(1, 1 << 20)),
            Ledger = data["ledger"].Boolean(),
        };
    }

    private static ValidationSource Validation(Setting setting)
    {
        const string Expected = "a path, a share of train greater than 0 and less than 1, or null";
        if (setting.IsNull) return new ValidationSource.None();
        if (!setting.TryNumber(out double share)) return new ValidationSource.At(setting.DataLocation(Expected));
        if (share is <= 0 or >= 1) setting.Expected(Expected);
        return new ValidationSource.Share(share);
    }

    private static ImmutableArray<string>? Classes(Setting setting)
    {
        if (setting.IsNull) return null;
        var names = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var item in setting.Items("a list of class names, or null") ?? [])
        {
            string name = item.Text("a class name");
            if (name.Contains('/', StringComparison.Ordinal) || name is "." or "..") item.Error($"a class is one folder's name, and '{name}' is not");
            else if (name.Length > 0 && !names.Add(name)) item.Error($"the class '{name}' stands here twice");
        }

        if (setting.Node is HoconArray { Items.Length: < 2 }) setting.Error("at least two classes are needed to tell apart");
        return [.. names];
    }

    private static Rgb Background(Setting setting)
    {
        const string Expected = "white, black, \"#rrggbb\" or [r, g, b] with 0 to 255";
        if (setting.Node is HoconArray)
        {
            if (setting.Items(Expected) is { Length: 3 } parts) return new(Part(parts[0]), Part(parts[1]), Part(parts[2]));
        }
        else if (setting.Node is HoconScalar { IsNull: false, Text: var text })
        {
            if (Rgb.TryParse(text) is { } colour) return colour;
        }

        setting.Expected(Expected);
        return Rgb.White;

        static byte Part(Setting part) => (byte)part.Integer(0, 255);
    }

    private static Normalization Normalize(Setting setting, int channels)
    {
        if (setting.Node is HoconObject)
        {
            var own = setting.Section(Reference.Instance.Normalize);
            return new Normalization.Explicit(Channels("mean", new(-1000, 1000)), Channels("std", NumberRange.Positive));

            ImmutableArray<double> Channels(string key, NumberRange range)
            {
                if (own.IfWritten(key) is not { } values)
                {
                    setting.Error($"mean and std are both needed: '{key}' is missing");
                    return [];
                }

                if (values.Items($"a list of {channels} numbers") is not { } items) return [];
                if (items.Length != channels) values.Error($"expected a number for each of {channels} channels, found {items.Length}");
                return [.. items.Select(item => item.Number(range))];
            }
        }

        var normalize = setting.Choice<Normalization>(
            ("auto", new Normalization.Auto()), ("imagenet", new Normalization.ImageNet()), ("none", new Normalization.None()));
        if (normalize is Normalization.ImageNet && channels != 3) setting.Error("ImageNet's means are those of three channels: expected auto, none or { mean, std }");
        return normalize;
    }
}
