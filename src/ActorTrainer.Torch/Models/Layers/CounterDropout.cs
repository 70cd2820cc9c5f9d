using System.Runtime.InteropServices;
using ActorTrainer.Core.Randomness;
using static TorchSharp.torch;

namespace ActorTrainer.Torch.Models.Layers;

/// <summary>
/// Dropout whose mask is a pure function of (seed, step, shard, layer): no generator has a state that a restart or another thread could disturb.
/// </summary>
public sealed class CounterDropout : nn.Module<Tensor, Tensor>
{
    private readonly double _probability;
    private readonly int _id;
    private readonly RandomContext _random;

    /// <param name="probability">Of a value to become zero, 0 to 1.</param>
    public CounterDropout(double probability, ModulesContext context) : base(nameof(CounterDropout))
    {
        ArgumentOutOfRangeException.ThrowIfNegative(probability);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(probability, 1);
        (_probability, _id, _random) = (probability, context.NextRandomModule(), context.Random);
    }

    public override Tensor forward(Tensor input)
    {
        if (!training || _probability == 0) return input.alias();
        using var mask = Mask(input.shape).to(input.dtype, input.device, disposeAfter: true);
        return input * mask;
    }

    /// <summary>1 / (1 - p) where a value stays, else 0.</summary>
    private Tensor Mask(long[] shape)
    {
        var mask = empty(shape, ScalarType.Float32, CPU);
        var stream = new RandomStream(_random.Seed, RandomPurpose.Dropout, (ulong)_random.Step, (ulong)_random.Shard << 16 | (uint)_id);
        ulong dropped = (ulong)(_probability * (1UL << 32));
        float kept = _probability < 1 ? (float)(1 / (1 - _probability)) : 0;
        foreach (ref float value in MemoryMarshal.Cast<byte, float>(mask.bytes)) value = stream.NextUInt32() < dropped ? 0 : kept;
        return mask;
    }
}
