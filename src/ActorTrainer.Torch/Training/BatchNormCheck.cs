using ActorTrainer.Core.Models;
using ActorTrainer.Core.Training;
using static TorchSharp.torch;

namespace ActorTrainer.Torch.Training;

/// <summary>
/// A shard that gives batch norm one value a channel makes its running variance NaN without an error. Whether one sample does that depends on the size
/// of the layer's input, which one picture's way through the model shows.
/// </summary>
internal sealed class BatchNormCheck(Replica replica, ModelDescription description)
{
    private NormLayer? _starved;
    private bool _known;

    /// <summary>Throws <see cref="EngineException"/> where a batch of <paramref name="count"/> samples has a shard of too few.</summary>
    public void Verify(int count, int shards)
    {
        int least = Math.Max(1, count / shards);
        if (least > 1 || Starved() is not { } layer) return;
        throw new EngineException(
            $"A batch of {count} samples over {shards} logical shards has a shard of one sample, and batch norm '{layer.Prefix}' would see one value a channel. "
            + "Choose a global-batch-size that leaves at least two samples a shard (also in the last batch), last-batch = drop, fewer logical-shards, larger images, or batch-norm = frozen.");
    }

    /// <summary>The first layer that one sample gives a single value a channel.</summary>
    private NormLayer? Starved()
    {
        if (_known) return _starved;
        using var scope = NewDisposeScope();
        using var still = no_grad();
        var hooks = replica.UpdatingNorms.Select(layer => layer.Module.register_forward_pre_hook((_, input) =>
        {
            if (input.numel() == input.shape[1]) _starved ??= layer;
            return null!;
        })).ToArray();
        replica.Model.eval();
        try
        {
            replica.Model.call(zeros([1, description.Channels, description.ImageSize, description.ImageSize], replica.Type, replica.Device));
        }
        finally
        {
            foreach (var hook in hooks) hook.remove();
            replica.SetModes();
        }

        _known = true;
        return _starved;
    }
}
