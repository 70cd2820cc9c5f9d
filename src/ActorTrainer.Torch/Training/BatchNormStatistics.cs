using System.Collections.Immutable;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace ActorTrainer.Torch.Training;

/// <summary>A batch-norm layer and its state-dict prefix, such as <c>layer1.0.bn1</c>.</summary>
internal sealed record NormLayer(string Prefix, BatchNorm Module)
{
    public string Mean => Prefix + ".running_mean";
    public string Variance => Prefix + ".running_var";
    public string Batches => Prefix + ".num_batches_tracked";

    /// <summary>In the model's order.</summary>
    public static ImmutableArray<NormLayer> Of(nn.Module model) =>
        [.. model.named_modules().Where(entry => entry.module is BatchNorm { track_running_stats: true }).Select(entry => new NormLayer(entry.name, (BatchNorm)entry.module))];
}
