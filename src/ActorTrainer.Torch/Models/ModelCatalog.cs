using System.Collections.Immutable;
using ActorTrainer.Core.Models;
using ActorTrainer.Core.Training;
using ActorTrainer.Torch.Models.Architectures;
using TorchSharp;

namespace ActorTrainer.Torch.Models;

/// <summary>An architecture of the catalogue.</summary>
/// <param name="MinimalImageSize">The least height and width it can take.</param>
/// <param name="SizeMultiple">What height and width must be a multiple of.</param>
public sealed record Architecture(string Name, string Description, int MinimalImageSize, int SizeMultiple, Func<ModelDescription, ModulesContext, ImageModel> Build);

/// <summary>The architectures by name, with torchvision's names where torchvision has them.</summary>
public static class ModelCatalog
{
    public static ImmutableArray<Architecture> Architectures { get; } =
    [
        new("lenet5", "LeNet-5, small grey pictures", LeNet5.MinimalImageSize, 1, (description, _) => new LeNet5(description)),
        new("alexnet", "AlexNet", AlexNet.MinimalImageSize, 1, (description, context) => new AlexNet(description, context)),
        Vgg("vgg11", "VGG-11", [1, 1, 2, 2, 2], false),
        Vgg("vgg13", "VGG-13", [2, 2, 2, 2, 2], false),
        Vgg("vgg16", "VGG-16", [2, 2, 3, 3, 3], false),
        Vgg("vgg19", "VGG-19", [2, 2, 4, 4, 4], false),
        Vgg("vgg11_bn", "VGG-11 with batch norm", [1, 1, 2, 2, 2], true),
        Vgg("vgg13_bn", "VGG-13 with batch norm", [2, 2, 2, 2, 2], true),
        Vgg("vgg16_bn", "VGG-16 with batch norm", [2, 2, 3, 3, 3], true),
        Vgg("vgg19_bn", "VGG-19 with batch norm", [2, 2, 4, 4, 4], true),
        ResNet("resnet18", "ResNet-18", new(false, [2, 2, 2, 2])),
        ResNet("resnet34", "ResNet-34", new(false, [3, 4, 6, 3])),
        ResNet("resnet50", "ResNet-50", new(true, [3, 4, 6, 3])),
        ResNet("resnet101", "ResNet-101", new(true, [3, 4, 23, 3])),
        ResNet("resnet152", "ResNet-152", new(true, [3, 8, 36, 3])),
        ResNet("resnext50_32x4d", "ResNeXt-50, 32 groups of 4", new(true, [3, 4, 6, 3], 32, 4)),
        ResNet("resnext101_32x8d", "ResNeXt-101, 32 groups of 8", new(true, [3, 4, 23, 3], 32, 8)),
        ResNet("wide_resnet50_2", "ResNet-50, bottlenecks twice as wide", new(true, [3, 4, 6, 3], 1, 128)),
        new("mobilenet_v2", "MobileNet v2", 16, 1, MobileNet.V2),
        new("mobilenet_v3_small", "MobileNet v3, small", 16, 1, MobileNet.V3Small),
        new("mobilenet_v3_large", "MobileNet v3, large", 16, 1, MobileNet.V3Large),
        VisionTransformer("vit_tiny", "ViT-Tiny, patches of 16", new(192, 12, 3, 768)),
        VisionTransformer("vit_small", "ViT-Small, patches of 16", new(384, 12, 6, 1536)),
        VisionTransformer("vit_base", "ViT-Base, patches of 16", new(768, 12, 12, 3072)),
        VisionTransformer("vit_b_16", "ViT-Base under torchvision's name", new(768, 12, 12, 3072)),
    ];

    /// <summary>Throws <see cref="EngineException"/> for a name that is not in the catalogue, with the nearest that is.</summary>
    public static Architecture Find(string name) =>
        Architectures.FirstOrDefault(architecture => architecture.Name == name)
        ?? throw new EngineException($"There is no architecture '{name}'. Did you mean '{Nearest(name)}'? Known: {string.Join(", ", Architectures.Select(known => known.Name))}.");

    /// <summary>
    /// The model with uninitialised weights (<see cref="Weights.WeightInitializer"/> or <see cref="Weights.StateDict"/> fill them), fp32, on the CPU.
    /// The caller owns it; it belongs to no dispose scope.
    /// </summary>
    public static ImageModel Build(ModelDescription description, ModulesContext context)
    {
        var architecture = Find(description.Architecture);
        CheckImageSize(architecture, description.ImageSize);
        using var scope = torch.NewDisposeScope();
        return architecture.Build(description, context);
    }

    public static void CheckImageSize(Architecture architecture, int size)
    {
        if (size < architecture.MinimalImageSize)
            throw new EngineException($"{architecture.Name} needs images of at least {architecture.MinimalImageSize} pixels, but image-size is {size}.");
        if (size % architecture.SizeMultiple != 0)
            throw new EngineException($"{architecture.Name} needs an image-size that is a multiple of {architecture.SizeMultiple}, but it is {size}.");
    }

    private static Architecture ResNet(string name, string description, ResNetLayout layout) =>
        new(name, description, 16, 1, (model, _) => new ResNet(model, layout));

    private static Architecture Vgg(string name, string description, ImmutableArray<int> convolutions, bool batchNorm) =>
        new(name, description, Models.Architectures.Vgg.MinimalImageSize, 1, (model, context) => new Vgg(model, context, new(convolutions, batchNorm)));

    private static Architecture VisionTransformer(string name, string description, VisionTransformerLayout layout) =>
        new(name, description, Models.Architectures.VisionTransformer.Patch, Models.Architectures.VisionTransformer.Patch,
            (model, context) => new VisionTransformer(model, context, layout));

    private static string Nearest(string name) => Architectures.MinBy(architecture => Distance(name.ToLowerInvariant(), architecture.Name))!.Name;

    /// <summary>Levenshtein's: insertions, deletions and replacements.</summary>
    private static int Distance(string a, string b)
    {
        int[] row = [.. Enumerable.Range(0, b.Length + 1)];
        for (int i = 1; i <= a.Length; i++)
        {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= b.Length; j++)
                (diagonal, row[j]) = (row[j], Math.Min(Math.Min(row[j], row[j - 1]) + 1, diagonal + (a[i - 1] == b[j - 1] ? 0 : 1)));
        }

        return row[^1];
    }
}
