using System.Collections.Immutable;
using ActorTrainer.Core.Data;

namespace ActorTrainer.Core.Training;

public sealed record TrainingSettings
{
    /// <summary>Samples a step, over all trainers.</summary>
    public required int GlobalBatchSize { get; init; }
    public LastBatch LastBatch { get; init; } = LastBatch.Keep;
    /// <summary>A power of two; null: taken from trainers.max at the first start.</summary>
    public int? LogicalShards { get; init; }
    public Precision Precision { get; init; } = Precision.Fp32;
    /// <summary>In which each shard's gradient and each sum of them is held, and travels.</summary>
    public GradientPrecision Gradients { get; init; } = GradientPrecision.Full;
    /// <summary>The largest global L2 norm of the gradient; null: not clipped.</summary>
    public double? GradientClip { get; init; }
    public required LossSettings Loss { get; init; }
    /// <summary>At least one.</summary>
    public required ImmutableArray<PhaseSettings> Phases { get; init; }
}

public enum LastBatch { Keep, Drop }

public enum Precision { Fp32, Bf16, Fp64, Tf32 }

/// <summary>Full: as the weights. Bf16: each sum is computed in fp32 and rounded; not with weights in fp64.</summary>
public enum GradientPrecision { Full, Bf16 }

/// <summary>Cross-entropy, in nats.</summary>
/// <param name="LabelSmoothing">The share of the target that is spread over all classes, 0 up to 1.</param>
public sealed record LossSettings(double LabelSmoothing, ClassWeights ClassWeights);

public abstract record ClassWeights
{
    public sealed record None : ClassWeights;
    /// <summary>Samples / (classes x samples of the class), as scikit-learn's "balanced".</summary>
    public sealed record Balanced : ClassWeights;
    /// <summary>A class that is not named has 1.</summary>
    public sealed record Explicit(ImmutableSortedDictionary<string, double> ByClass) : ClassWeights;
}

/// <summary>One leg of training: what moves, how fast, on what. Begins with fresh optimizer state.</summary>
public sealed record PhaseSettings
{
    public required string Name { get; init; }
    public required int Epochs { get; init; }
    /// <summary><c>all</c>, <c>head</c>, <c>backbone</c>, or patterns over state-dict names with <c>*</c>.</summary>
    public required ImmutableArray<string> Trainable { get; init; }
    public BatchNormMode BatchNorm { get; init; } = BatchNormMode.Update;
    /// <summary>Factor on the learning rate by group or pattern; the last that matches wins.</summary>
    public ImmutableArray<(string Pattern, double Factor)> LearningRateScale { get; init; } = [];
    /// <summary>Factor on the learning rate for each block away from the head; null: 1.</summary>
    public double? LayerDecay { get; init; }
    /// <summary>The head trains on features that the frozen backbone computes once; null: on pictures, through the whole model.</summary>
    public FeatureSettings? Features { get; init; }
    public required DataSettings Data { get; init; }
    public required OptimizerSettings Optimizer { get; init; }
    public required ScheduleSettings Schedule { get; init; }
}

/// <summary>A head's training on features of a backbone that does not change.</summary>
/// <param name="Variants">K: how many times each picture is augmented and computed. Epoch e of the phase (from 0) takes variant e modulo K of every picture.</param>
/// <param name="BlockSize">Samples a forward pass of the backbone: what is computed, kept and dropped as one.</param>
public sealed record FeatureSettings(int Variants, int BlockSize)
{
    /// <param name="epochInPhase">From 0.</param>
    public int VariantOf(int epochInPhase) => epochInPhase % Variants;
}

/// <summary>Frozen: statistics neither move nor are taken from the batch (batch norm runs as in evaluation).</summary>
public enum BatchNormMode { Update, Frozen }

public sealed record OptimizerSettings
{
    public required OptimizerType Type { get; init; }
    public required double LearningRate { get; init; }
    public double Momentum { get; init; }
    public bool Nesterov { get; init; }
    public double Beta1 { get; init; } = 0.9;
    public double Beta2 { get; init; } = 0.999;
    public double Epsilon { get; init; } = 1e-8;
    public double WeightDecay { get; init; }
    /// <summary>Whether weight decay reaches norms and biases (all tensors of at most one axis).</summary>
    public bool DecayNormAndBias { get; init; }
}

public enum OptimizerType { Sgd, Adam, AdamW }

public sealed record ScheduleSettings
{
    public required ScheduleType Type { get; init; }
    /// <summary>Epochs, or a part of one, in which the rate rises linearly.</summary>
    public double WarmUpEpochs { get; init; }
    /// <summary>step: epochs between drops.</summary>
    public double StepEpochs { get; init; } = 30;
    /// <summary>step: factor at each drop.</summary>
    public double StepFactor { get; init; } = 0.1;
    /// <summary>cosine, polynomial: what is left of the rate at the end, as a share of it.</summary>
    public double FinalShare { get; init; }
    /// <summary>polynomial: the exponent.</summary>
    public double Power { get; init; } = 1;
    /// <summary>one-cycle: the share of steps that rise.</summary>
    public double RiseShare { get; init; } = 0.3;
    /// <summary>one-cycle: the rate it starts from is the peak / this.</summary>
    public double StartDivisor { get; init; } = 25;
    /// <summary>one-cycle: the rate it ends at is the start / this.</summary>
    public double EndDivisor { get; init; } = 1e4;
}

public enum ScheduleType { Constant, Step, Cosine, OneCycle, Polynomial }
