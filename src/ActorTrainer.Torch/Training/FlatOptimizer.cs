using System.Collections.Immutable;
using ActorTrainer.Core.Training;
using ActorTrainer.Torch.Gradients;
using static TorchSharp.torch;

namespace ActorTrainer.Torch.Training;

/// <summary>One of an optimizer's memories: a value for each weight.</summary>
/// <param name="Name">torch's: momentum, exp_avg, exp_avg_sq.</param>
internal readonly record struct OptimizerSlot(string Name, FlatVector Values);

/// <summary>
/// torch.optim's update rules on flat vectors: a handful of native calls a run of parameters, however many there are in it. The order of
/// operations is that of torch's single-tensor implementation.
/// </summary>
/// <param name="isCut">See <see cref="Create"/>.</param>
internal abstract class FlatOptimizer(FlatLayout layout, bool isCut) : IDisposable
{
    /// <summary>Elements, a megabyte of each vector in fp32.</summary>
    private const long MostAtOnce = 1 << 18;

    /// <summary>The segments, cut into runs that are updated one after the other. Together they are all parameters.</summary>
    private readonly ImmutableArray<FlatSegment> _runs = [.. isCut ? layout.Segments.SelectMany(Cut) : layout.Segments];

    /// <summary>All begin as zeros.</summary>
    public abstract ImmutableArray<OptimizerSlot> Slots { get; }

    /// <summary>Whether the number of steps in the phase is part of the state (Adam's bias correction).</summary>
    public virtual bool CountsSteps => false;

    /// <summary>Steps applied since the phase began.</summary>
    public long Steps { get; set; }

    /// <param name="isCut">
    /// Whether long segments are cut: on a CPU, what one operation leaves in the cache the next one finds there; on a GPU each operation is a launch that takes longer
    /// than a megabyte does. Each element is treated alone, so the cut changes no bit.
    /// </param>
    public static FlatOptimizer Create(OptimizerSettings settings, FlatLayout layout, Func<FlatVector> allocate, bool isCut = true) => settings.Type switch
    {
        OptimizerType.Sgd => new SgdOptimizer(settings, layout, allocate, isCut),
        OptimizerType.Adam => new AdamOptimizer(settings, layout, allocate, decoupled: false, isCut),
        OptimizerType.AdamW => new AdamOptimizer(settings, layout, allocate, decoupled: true, isCut),
        _ => throw new ArgumentOutOfRangeException(nameof(settings), settings.Type, "unknown optimizer"),
    };

    /// <summary>Changes weights and slots in place. <paramref name="gradient"/> is used up: it holds no gradient afterwards.</summary>
    /// <param name="weights">The parameters, and whatever stands behind them.</param>
    /// <param name="gradient">Likewise.</param>
    /// <param name="rate">The step's learning rate, before a segment's scale.</param>
    public void Update(FlatVector weights, FlatVector gradient, double rate)
    {
        Steps++;
        foreach (var run in _runs)
        {
            using var scope = NewDisposeScope();
            Step(run, Part(weights, run), Part(gradient, run), rate);
        }
    }

    public void Dispose()
    {
        foreach (var slot in Slots) slot.Values.Dispose();
    }

    /// <summary>One run: the same part of weights, gradient and slots.</summary>
    protected abstract void Step(FlatSegment run, Tensor weights, Tensor gradient, double rate);

    protected static Tensor Part(FlatVector vector, FlatSegment run) => vector.Kept(run.Offset, run.Count);

    private static IEnumerable<FlatSegment> Cut(FlatSegment segment)
    {
        for (long done = 0; done < segment.Count; done += MostAtOnce)
            yield return segment with { Offset = segment.Offset + done, Count = Math.Min(MostAtOnce, segment.Count - done) };
    }
}
