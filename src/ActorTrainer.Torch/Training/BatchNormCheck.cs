using System.Collections.Immutable;
using ActorTrainer.Core.Models;
using ActorTrainer.Core.Training;
using ActorTrainer.Torch.Models;
using static TorchSharp.torch;

namespace ActorTrainer.Torch.Training;

/// <summary>
/// A shard that gives batch norm one value a channel makes its running variance NaN without an error. Whether one sample does that depends on the size
/// of the layer's input, which one picture's way through the model shows.
/// </summary>
internal sealed class BatchNormCheck
{
    private readonly Lazy<string?> _starved;

    private BatchNormCheck(Func<string?> starved) => _starved = new(starved);

    public static BatchNormCheck Of(Replica replica, ModelDescription description) => new(() =>
    {
        string? starved = Starved(replica.Model, replica.UpdatingNorms, description);
        replica.SetModes();
        return starved;
    });

    /// <summary>For a phase that no replica has been made of; the weights don't matter.</summary>
    public static BatchNormCheck Of(PhaseJob phase) => new(() =>
    {
        using var model = ModelFactory.Build(phase.Description, new(new()));
        return Starved(model, NormLayer.Updating(NormLayer.Of(model), phase.Settings, model), phase.Description);
    });

    /// <summary>Throws <see cref="EngineException"/> where a batch of <paramref name="count"/> samples has a shard of too few.</summary>
    public void Verify(int count, int shards)
    {
        // Only a shard of one sample can starve a layer: two samples are two values.
        if (count / shards > 1 || _starved.Value is not { } layer) return;
        throw new EngineException(
            $"A batch of {count} samples over {shards} logical shards has a shard of one sample, and batch norm '{layer}' would see one value a channel. "
            + "Choose a global-batch-size that leaves at least two samples a shard (in the last batch too), last-batch = drop, fewer logical-shards, larger images, or batch-norm = frozen.");
    }

    /// <summary>The first layer that one sample gives a single value a channel. Leaves the model in evaluation mode.</summary>
    private static string? Starved(ImageModel model, ImmutableArray<NormLayer> layers, ModelDescription description)
    {
        string? starved = null;
        using var scope = NewDisposeScope();
        using var still = no_grad();
        var hooks = layers.Select(layer => layer.Module.register_forward_pre_hook((_, input) =>
        {
            if (input.numel() == input.shape[1]) starved ??= layer.Prefix;
            return null!;
        })).ToArray();
        model.eval();
        var like = model.parameters().First();
        model.call(zeros([1, description.Channels, description.ImageSize, description.ImageSize], like.dtype, like.device));
        foreach (var hook in hooks) hook.remove();
        return starved;
    }
}
