using ActorTrainer.Core.Models;
using ActorTrainer.Torch.Onnx;

namespace ActorTrainer.Torch.Models;

/// <summary>Builds what a description describes: an architecture of the catalogue, or an imported graph.</summary>
public static class ModelFactory
{
    /// <summary>The model with uninitialised weights (a graph's: its own), fp32, on the CPU. The caller owns it; it belongs to no dispose scope.</summary>
    public static ImageModel Build(ModelDescription description, ModulesContext context) =>
        description.Architecture.StartsWith("onnx:", StringComparison.Ordinal) ? OnnxGraphModel.Build(description, context) : ModelCatalog.Build(description, context);
}
