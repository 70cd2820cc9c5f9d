using ActorTrainer.Core.Data;
using ActorTrainer.Core.Evaluation;
using ActorTrainer.Core.Models;
using ActorTrainer.Core.Registry;
using ActorTrainer.Core.Training;

namespace ActorTrainer.Core.Experiments;

/// <summary>
/// An experiment file, read and validated. Immutable; nobody past the reader sees HOCON.
/// Every phase carries its own complete data, optimizer and schedule, so nobody has to look one up in two places.
/// </summary>
public sealed record ExperimentSettings
{
    public required ExperimentName Name { get; init; }
    /// <summary>At least 0.</summary>
    public required ulong Seed { get; init; }
    /// <summary>The experiment's data; a phase may differ (<see cref="PhaseSettings.Data"/>).</summary>
    public required DataSettings Data { get; init; }
    public required ModelSettings Model { get; init; }
    public required TrainingSettings Training { get; init; }
    public required EvaluationSettings Evaluation { get; init; }
    public required CheckpointSettings Checkpoint { get; init; }
    public required ResourceSettings Resources { get; init; }
    /// <summary>When the run's model version is to answer; null: a person decides.</summary>
    public PromotionRule? PromoteIf { get; init; }
}

/// <summary>When checkpoints are committed besides the ends of evaluated epochs, of phases and of training, and how many stay.</summary>
/// <param name="EverySteps">Steps between checkpoints; null: only at those ends.</param>
/// <param name="KeepLast">The newest that stay, at least 2.</param>
/// <param name="KeepBest">Whether the best stays.</param>
public sealed record CheckpointSettings(int? EverySteps, int KeepLast, bool KeepBest);

/// <summary>Where it trains. <c>Auto</c> values are resolved once, at the first start, and journalled.</summary>
/// <param name="MinTrainers">Trainers that training begins with at the least.</param>
/// <param name="MaxTrainers">Trainers that it uses at the most.</param>
/// <param name="Threads">libtorch's threads for one CPU trainer; null: the machine's cores.</param>
/// <param name="FeatureCacheMebibytes">Disk for features, of all runs of the machine's user together.</param>
public sealed record ResourceSettings(DeviceChoice Device, int MinTrainers, int MaxTrainers, int? Threads, int FeatureCacheMebibytes = 4096);

public enum DeviceChoice { Auto, Cpu, Cuda }
