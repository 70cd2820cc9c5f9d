using System.Collections.Immutable;
using ActorTrainer.Core.Models;
using ActorTrainer.Core.Training;
using ActorTrainer.Torch.Models;
using ActorTrainer.Torch.Onnx;

namespace ActorTrainer.Torch.Weights;

/// <summary>Gives a model the weights that an experiment begins with: drawn by seed, or pretrained with a head drawn by seed where it does not fit.</summary>
public static class PretrainedWeights
{
    /// <returns>What a person should know: which head was replaced, and why.</returns>
    public static ImmutableArray<string> Apply(ImageModel model, ModelSettings settings, ModelDescription description, ulong seed, IWeightSource runs)
    {
        switch (settings.Pretrained)
        {
            case null:
                WeightInitializer.Draw(model, seed);
                return [];
            case PretrainedSource.Builtin or PretrainedSource.File when model is OnnxGraphModel graph:
                if (graph.HasGraphHead) return [];
                WeightInitializer.DrawHead(model, seed);
                return [HeadNote(description.GraphLocation!, "features or other classes", description)];
            case PretrainedSource.File file:
                return Load(model, ReadFile(file.Location), file.Location, description, seed, sameClasses: true);
            case PretrainedSource.Run run:
                var (source, weights) = runs.OfRun(run.Name, run.Selector);
                return Load(model, weights, $"run:{run.Name}", description, seed, source.Classes.SequenceEqual(description.Classes));
            default:
                throw new EngineException($"model.pretrained: {settings.Pretrained} brings a graph, but the model is {description.Architecture}.");
        }
    }

    /// <summary>The tensors of a file by the names that the catalogue uses.</summary>
    public static ImmutableArray<NamedTensor> ReadFile(string path)
    {
        if (!File.Exists(path)) throw new EngineException($"model.pretrained: there is no file {path}.");
        return TorchvisionNames.Canonical(Path.GetExtension(path).ToLowerInvariant() switch
        {
            ".safetensors" => ReadSafetensors(path),
            ".pth" or ".pt" => TorchFile.Read(path),
            _ => throw new EngineException($"model.pretrained: {path} is none of .safetensors, .pth, .pt and .onnx."),
        });
    }

    private static ImmutableArray<NamedTensor> ReadSafetensors(string path)
    {
        try
        {
            return Safetensors.Read(path).Tensors;
        }
        catch (SafetensorsException e)
        {
            throw new EngineException($"model.pretrained: {e.Message}", e);
        }
    }

    private static ImmutableArray<string> Load(
        ImageModel model, ImmutableArray<NamedTensor> weights, string source, ModelDescription description, ulong seed, bool sameClasses)
    {
        var wanted = model.state_dict();
        bool sameHead = sameClasses && wanted.Keys.Where(model.IsHead)
            .All(name => weights.FirstOrDefault(tensor => tensor.Name == name) is { } given && given.Shape.AsSpan().SequenceEqual(wanted[name].shape));
        var fitted = PositionEmbedding.Fit(weights, model);
        StateDict.Load(model, fitted, skipHead: !sameHead, source);
        if (sameHead) return [];
        WeightInitializer.DrawHead(model, seed);
        long? classes = weights.FirstOrDefault(tensor => model.IsHead(tensor.Name))?.Shape.FirstOrDefault();
        return [HeadNote(source, classes is null ? "none" : $"{classes} classes", description)];
    }

    private static string HeadNote(string source, string had, ModelDescription description) =>
        $"{source}: the head ({had}) is replaced by a new one for {description.Classes.Length} classes, drawn by seed.";
}
