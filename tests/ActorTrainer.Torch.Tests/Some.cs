using ActorTrainer.Core.Data;
using ActorTrainer.Core.Models;
using ActorTrainer.Torch.Models;
using ActorTrainer.Torch.Weights;

namespace ActorTrainer.Torch.Tests;

/// <summary>Small things that tests need and don't care about.</summary>
internal static class Some
{
    public static ModelDescription Description(string architecture = "lenet5", int classes = 10, int channels = 3, int imageSize = 32, double? dropout = null) =>
        new(architecture, null, [.. Enumerable.Range(0, classes).Select(i => $"class-{i:D4}")], channels, imageSize, dropout,
            new([.. Enumerable.Repeat(0.5, channels)], [.. Enumerable.Repeat(0.25, channels)]), [], Rgb.White);

    public static ModulesContext Context() => new(new RandomContext());

    /// <summary>A model with drawn weights, in evaluation mode. The caller disposes it.</summary>
    public static ImageModel Model(ModelDescription description, ulong seed = 1)
    {
        var model = ModelCatalog.Build(description, Context());
        WeightInitializer.Draw(model, seed);
        model.eval();
        return model;
    }
}
