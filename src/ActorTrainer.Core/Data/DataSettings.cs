using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json.Serialization;

namespace ActorTrainer.Core.Data;

/// <summary>The data of one phase. Locations are absolute: the reader has resolved them against the file that names them.</summary>
public sealed record DataSettings
{
    /// <summary>A folder of class folders, one inside a zip (<c>data/clipart.zip/train</c>), an MNIST idx file or folder, a CIFAR-10 folder.</summary>
    public required string Train { get; init; }
    public required ValidationSource Validation { get; init; }
    public string? Test { get; init; }
    /// <summary>Which class folders, in ordinal order; null: all of <see cref="Train"/>.</summary>
    public ImmutableArray<string>? Classes { get; init; }
    /// <summary>1 or 3.</summary>
    public int Channels { get; init; } = 3;
    /// <summary>Height and width in pixels of what the model sees.</summary>
    public int ImageSize { get; init; } = 224;
    /// <summary>What shows through transparent pixels.</summary>
    public Rgb Background { get; init; } = Rgb.White;
    public ImmutableArray<ImageTransform> Augment { get; init; } = [];
    public ImmutableArray<ImageTransform> Evaluate { get; init; } = [];
    public Normalization Normalize { get; init; } = new Normalization.Auto();
    public PictureDecoding Decode { get; init; }
    public CorruptFilePolicy OnCorruptFile { get; init; } = CorruptFilePolicy.Fail;
    /// <summary>Operational; null: the machine's cores.</summary>
    public int? LoaderThreads { get; init; }
    /// <summary>Operational: batches that wait ready.</summary>
    public int Prefetch { get; init; } = 4;
    /// <summary>Operational: for decoded training pictures; null: none are kept.</summary>
    public int? CacheMebibytes { get; init; }
    /// <summary>Operational: whether ledger.jsonl is written.</summary>
    public bool Ledger { get; init; }
}

public readonly record struct Rgb(byte R, byte G, byte B)
{
    public static Rgb White => new(255, 255, 255);

    /// <summary><c>white</c>, <c>black</c> or <c>#rrggbb</c>; null: none of them.</summary>
    public static Rgb? TryParse(string text) => text switch
    {
        "white" => White,
        "black" => new(0, 0, 0),
        ['#', _, _, _, _, _, _] when uint.TryParse(text.AsSpan(1), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out uint rgb) => new((byte)(rgb >> 16), (byte)(rgb >> 8), (byte)rgb),
        _ => null,
    };
}

public enum CorruptFilePolicy { Fail, Skip }

/// <summary>How picture files become pixels.</summary>
public enum PictureDecoding
{
    /// <summary>Every pixel as the file has it.</summary>
    Exact,
    /// <summary>A JPEG at a scale of n/8, n from 1 to 8, the smallest at which the crop has no fewer pixels than it is resized to. The same pixels every time, but other ones than exact.</summary>
    Fast,
}

/// <summary>Where validation samples come from.</summary>
public abstract record ValidationSource
{
    public sealed record None : ValidationSource;
    /// <summary>A share of train, 0 &lt; share &lt; 1, drawn by seed, class by class.</summary>
    public sealed record Share(double Fraction) : ValidationSource;
    public sealed record At(string Location) : ValidationSource;
}

/// <summary>How pixels 0..255 become the model's input: (x / 255 - mean) / std, on the device.</summary>
public abstract record Normalization
{
    /// <summary>The weights' own; ImageNet's for 3 channels without weights of known preprocessing.</summary>
    public sealed record Auto : Normalization;
    public sealed record ImageNet : Normalization;
    public sealed record None : Normalization;
    /// <summary>One mean and one deviation a channel, in units of 1 (not 255).</summary>
    public sealed record Explicit(ImmutableArray<double> Mean, ImmutableArray<double> Std) : Normalization;
}

/// <summary>One step from a decoded picture to the model's input, with the meaning of torchvision's transform of the same name.</summary>
[JsonDerivedType(typeof(Resize), "resize")]
[JsonDerivedType(typeof(ResizeExact), "resize-exact")]
[JsonDerivedType(typeof(CenterCrop), "center-crop")]
[JsonDerivedType(typeof(RandomCrop), "random-crop")]
[JsonDerivedType(typeof(RandomResizedCrop), "random-resized-crop")]
[JsonDerivedType(typeof(HorizontalFlip), "horizontal-flip")]
[JsonDerivedType(typeof(VerticalFlip), "vertical-flip")]
[JsonDerivedType(typeof(ColorJitter), "color-jitter")]
[JsonDerivedType(typeof(RandomRotation), "random-rotation")]
public abstract record ImageTransform
{
    /// <summary>Antialiased bilinear; the short side becomes <paramref name="ShortSide"/> pixels, the aspect ratio stays.</summary>
    public sealed record Resize(int ShortSide) : ImageTransform;
    /// <summary>Antialiased bilinear to exactly this size.</summary>
    public sealed record ResizeExact(int Height, int Width) : ImageTransform;
    /// <summary>The middle; a side that is too short is first padded on both ends with the background.</summary>
    public sealed record CenterCrop(int Height, int Width) : ImageTransform;
    /// <summary>Pads every side by <paramref name="Padding"/> background pixels (and more where that is too small still), then crops at random.</summary>
    public sealed record RandomCrop(int Height, int Width, int Padding) : ImageTransform;
    /// <summary>A random share of the area and aspect ratio, resized to <paramref name="Size"/> squared.</summary>
    public sealed record RandomResizedCrop(int Size, double MinScale, double MaxScale, double MinRatio, double MaxRatio) : ImageTransform;
    public sealed record HorizontalFlip(double Probability) : ImageTransform;
    public sealed record VerticalFlip(double Probability) : ImageTransform;
    /// <summary>Factors as torchvision's ColorJitter: brightness b draws from [max(0, 1 - b), 1 + b], hue h from [-h, h], h at most 0.5.</summary>
    public sealed record ColorJitter(double Brightness, double Contrast, double Saturation, double Hue) : ImageTransform;
    /// <summary>Rotates by an angle drawn from [-degrees, degrees], bilinear, corners filled with the background.</summary>
    public sealed record RandomRotation(double Degrees) : ImageTransform;
}
