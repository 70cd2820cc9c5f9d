using System.Collections.Immutable;
using ActorTrainer.Core.Training;
using ActorTrainer.Torch.Models;
using ActorTrainer.Torch.Models.Layers;
using static TorchSharp.torch;

namespace ActorTrainer.Torch.Training;

/// <summary>A batch-norm layer and its state-dict prefix, such as <c>layer1.0.bn1</c>.</summary>
internal sealed record NormLayer(string Prefix, Norm Module)
{
    public string Mean => Prefix + ".running_mean";
    public string Variance => Prefix + ".running_var";
    public string Batches => Prefix + ".num_batches_tracked";

    /// <summary>In the model's order.</summary>
    public static ImmutableArray<NormLayer> Of(nn.Module model) =>
        [.. model.named_modules().Where(entry => entry.module is Norm).Select(entry => new NormLayer(entry.name, (Norm)entry.module))];

    /// <summary>
    /// Of <paramref name="layers"/> those that take their statistics from the batch and move them: a layer with no parameter that trains is frozen,
    /// statistics included.
    /// </summary>
    public static ImmutableArray<NormLayer> Updating(ImmutableArray<NormLayer> layers, PhaseSettings phase, ImageModel model) =>
        phase.BatchNorm == BatchNormMode.Frozen
            ? []
            : [.. layers.Where(layer => layer.Module.named_parameters().Any(entry =>
                phase.Trainable.Any(pattern => ParameterGroups.Contains(pattern, $"{layer.Prefix}.{entry.name}", model))))];
}
