using ActorTrainer.Core.Models;

namespace ActorTrainer.Torch.Models;

/// <summary>Builds what a description describes: an architecture of the catalogue, or an imported graph.</summary>
public static class ModelFactory
{
    /// <summary>The model with uninitialised weights, fp32, on the CPU. The caller owns it; it belongs to no dispose scope.</summary>
    public static ImageModel Build(ModelDescription description, ModulesContext context) => ModelCatalog.Build(description, context);
}
