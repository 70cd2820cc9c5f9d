using System.Collections.Immutable;
using ActorTrainer.Core.Models;
using ActorTrainer.Core.Training;
using ActorTrainer.Torch.Weights;

namespace ActorTrainer.Hosting;

/// <summary>A model as a file for other programs; the extension says which kind.</summary>
internal static class ModelFile
{
    public static readonly ImmutableArray<string> Extensions = [".safetensors", ".pth", ".pt"];

    public static void Export(ModelDescription model, ImmutableArray<NamedTensor> weights, string file)
    {
        switch (Path.GetExtension(file).ToLowerInvariant())
        {
            case ".safetensors":
                ModelExport.ToSafetensors(model, weights, file);
                break;
            case ".pth" or ".pt":
                ModelExport.ToPth(weights, file);
                break;
            default:
                throw new EngineException($"{file}: no format is known by that extension; {string.Join(", ", Extensions)} are.");
        }
    }
}
