using System.Collections.Immutable;
using ActorTrainer.Core.Data;
using ActorTrainer.Core.Models;
using ActorTrainer.Core.Training;

namespace ActorTrainer.Benchmarks;

/// <summary>One model on batches that stand ready in memory: everything but the step itself is out of the way.</summary>
/// <param name="ImageSize">Height and width in pixels.</param>
/// <param name="Steps">Steps a round that count, after <see cref="WarmUp"/> that don't.</param>
internal sealed record Workload(string Architecture, int Channels, int ImageSize, int Classes, int BatchSize, int Steps, int Threads)
{
    public const ulong Seed = 1;
    public const double LearningRate = 0.001, Momentum = 0.9;

    public Precision Precision { get; init; }

    /// <summary>Of one sample, for a head that trains on features; 0: all of the model trains, on pictures.</summary>
    public int FeatureBytes { get; init; }

    /// <summary>Null: the CPU.</summary>
    public ResolvedDevice? Device { get; init; }

    internal int WarmUp => Math.Max(1, Steps / 10);

    internal int AllSteps => Steps + WarmUp;

    internal ModelDescription Description => new(
        Architecture, null, Names, Channels, ImageSize, null, new([.. Enumerable.Repeat(0.5, Channels)], [.. Enumerable.Repeat(0.5, Channels)]), [], Rgb.White);

    /// <summary>One epoch, so that no checkpoint falls between the steps.</summary>
    internal TrainingPlan Plan => new(
        [new PhasePlan(Phase, new EpochPlan(Seed, [.. Enumerable.Range(0, AllSteps * BatchSize)], BatchSize, LastBatch.Keep), Names)], 1, null);

    internal TrainingJob Job => new(
        Seed, new(Architecture, null, null),
        new() { GlobalBatchSize = BatchSize, Precision = Precision, Loss = new(0, new ClassWeights.None()), Phases = [Phase] },
        [new PhaseJob(Phase, Description, FeatureBytes)], LogicalShards: 1, Device ?? new(DeviceKind.Cpu, 0, Threads));

    private ImmutableArray<string> Names => [.. Enumerable.Range(0, Classes).Select(i => $"class-{i:00}")];

    private PhaseSettings Phase => new()
    {
        Name = "measured", Epochs = 1, Trainable = [FeatureBytes > 0 ? "head" : "all"], BatchNorm = FeatureBytes > 0 ? BatchNormMode.Frozen : BatchNormMode.Update,
        Features = FeatureBytes > 0 ? new(Variants: 1, BlockSize: 64) : null,
        Data = new() { Train = "generated", Validation = new ValidationSource.None(), Channels = Channels, ImageSize = ImageSize },
        Optimizer = new() { Type = OptimizerType.Sgd, LearningRate = LearningRate, Momentum = Momentum },
        Schedule = new() { Type = ScheduleType.Constant },
    };
}
