using System.Globalization;
using ActorTrainer.Core.Data;
using ActorTrainer.Core.Randomness;
using ActorTrainer.Data.Augmentation;
using ActorTrainer.Data.Decoding;

namespace ActorTrainer.Data.Tests.Augmentation;

/// <summary>Each case's name holds the transform and its parameters; its pixels were made by Pillow or torchvision.</summary>
public class PillowSpec
{
    private static readonly Rgb Background = new(10, 200, 30);

    public static TheoryData<string> Cases(string kind) => [.. References.Names($"transform/{kind}_").Select(name => name[..^4])];

    [Theory]
    [MemberData(nameof(Cases), "resize")]
    public void A_resize_gives_Pillows_bytes_with_and_without_vectors(string name)
    {
        string[] parts = name.Split('_');
        var source = References.Pattern(Size(parts[1]).Width, Size(parts[1]).Height);
        int[] box = [.. parts[2].Split(',').Select(int.Parse)];
        var (width, height) = Size(parts[3]);
        foreach (bool scalar in new[] { false, true })
        {
            var target = new Raster();
            new Resampler { Scalar = scalar }.Resize(source, new(box[0], box[1], box[2], box[3]), width, height, new(0, 0, width, height), target);
            References.AssertEqual(name, target);
        }
    }

    [Theory]
    [MemberData(nameof(Cases), "short")]
    public void A_resize_of_the_short_side_is_torchvisions(string name)
    {
        string[] parts = name.Split('_');
        References.AssertEqual(name, Apply(parts[1], Rgb.White, new ImageTransform.Resize(Number(parts[2]))));
    }

    [Theory]
    [MemberData(nameof(Cases), "crop")]
    public void A_centre_crop_is_torchvisions_padding_included(string name)
    {
        string[] parts = name.Split('_');
        var (width, height) = Size(parts[2]);
        References.AssertEqual(name, Apply(parts[1], new(0, 0, 0), new ImageTransform.CenterCrop(height, width)));
    }

    [Theory]
    [MemberData(nameof(Cases), "evaluate")]
    public void A_resize_and_centre_crop_in_one_go_is_one_after_the_other(string name)
    {
        string[] parts = name.Split('_');
        int crop = Number(parts[3]);
        References.AssertEqual(name, Apply(parts[1], new(0, 0, 0), new ImageTransform.Resize(Number(parts[2])), new ImageTransform.CenterCrop(crop, crop)));
    }

    [Theory]
    [MemberData(nameof(Cases), "brightness")]
    [MemberData(nameof(Cases), "contrast")]
    [MemberData(nameof(Cases), "saturation")]
    [MemberData(nameof(Cases), "hue")]
    public void Colours_change_as_in_torchvision(string name)
    {
        var picture = References.Pattern(64, 48);
        string[] parts = name["transform/".Length..].Split('_');
        double factor = double.Parse(parts[1], CultureInfo.InvariantCulture);
        switch (parts[0])
        {
            case "brightness": ColorJitter.Brightness(picture, (float)factor); break;
            case "contrast": ColorJitter.Contrast(picture, (float)factor); break;
            case "saturation": ColorJitter.Saturation(picture, (float)factor); break;
            default: Hue.Turn(picture, factor); break;
        }

        References.AssertEqual(name, picture);
    }

    [Theory]
    [MemberData(nameof(Cases), "rotate")]
    public void A_rotation_is_Pillows(string name)
    {
        string[] parts = name.Split('_');
        var source = References.Pattern(Size(parts[1]).Width, Size(parts[1]).Height);
        var target = new Raster();
        Rotation.Apply(source, target, double.Parse(parts[2], CultureInfo.InvariantCulture), Background);
        References.AssertEqual(name, target);
    }

    [Fact]
    public void Grey_is_Pillows_luma()
    {
        var picture = References.Pattern(64, 48);
        Luma.Apply(picture);
        References.AssertEqual("transform/luma", picture);
    }

    private static Raster Apply(string size, Rgb background, params ImageTransform[] transforms)
    {
        var (width, height) = Size(size);
        var workspace = new Workspace();
        Resampler.Copy(References.Pattern(width, height), new(0, 0, width, height), workspace.Picture);
        var random = new RandomStream(1, RandomPurpose.Test, 0, 0);
        new TransformPipeline([.. transforms], background).ApplyToWhole(workspace, ref random);
        return workspace.Picture;
    }

    private static (int Width, int Height) Size(string text) => (Number(text.Split('x')[0]), Number(text.Split('x')[1]));

    private static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);
}
