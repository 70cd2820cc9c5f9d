using System.Collections.Immutable;
using ActorTrainer.Core.Training;
using ActorTrainer.Torch.Gradients;
using static TorchSharp.torch;

namespace ActorTrainer.Torch.Training;

/// <summary>One of an optimizer's memories: a value for each weight.</summary>
/// <param name="Name">torch's: momentum, exp_avg, exp_avg_sq.</param>
internal readonly record struct OptimizerSlot(string Name, FlatVector Values);

/// <summary>
/// torch.optim's update rules on whole flat vectors: a handful of native calls a step, however many parameters there are. The order of
/// operations is that of torch's single-tensor implementation.
/// </summary>
internal abstract class FlatOptimizer(FlatLayout layout) : IDisposable
{
    protected FlatLayout Layout { get; } = layout;

    /// <summary>All begin as zeros.</summary>
    public abstract ImmutableArray<OptimizerSlot> Slots { get; }

    /// <summary>Whether the number of steps in the phase is part of the state (Adam's bias correction).</summary>
    public virtual bool CountsSteps => false;

    /// <summary>Steps applied since the phase began.</summary>
    public long Steps { get; set; }

    public static FlatOptimizer Create(OptimizerSettings settings, FlatLayout layout, Func<FlatVector> allocate) => settings.Type switch
    {
        OptimizerType.Sgd => new SgdOptimizer(settings, layout, allocate),
        OptimizerType.Adam => new AdamOptimizer(settings, layout, allocate, decoupled: false),
        OptimizerType.AdamW => new AdamOptimizer(settings, layout, allocate, decoupled: true),
        _ => throw new ArgumentOutOfRangeException(nameof(settings), settings.Type, "unknown optimizer"),
    };

    /// <summary>Changes weights and slots in place. <paramref name="gradient"/> is used up: it holds no gradient afterwards.</summary>
    /// <param name="weights">The parameters' part.</param>
    /// <param name="gradient">The parameters' part.</param>
    /// <param name="rate">The step's learning rate, before a segment's scale.</param>
    public void Update(Tensor weights, Tensor gradient, double rate)
    {
        Steps++;
        Step(weights, gradient, rate);
    }

    public void Dispose()
    {
        foreach (var slot in Slots) slot.Values.Dispose();
    }

    protected abstract void Step(Tensor weights, Tensor gradient, double rate);

    protected static Tensor Part(Tensor vector, FlatSegment segment) => vector.narrow(0, segment.Offset, segment.Count);
}
