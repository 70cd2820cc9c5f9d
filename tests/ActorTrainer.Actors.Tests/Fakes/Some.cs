using System.Collections.Immutable;
using ActorTrainer.Core.Data;
using ActorTrainer.Core.Evaluation;
using ActorTrainer.Core.Experiments;
using ActorTrainer.Core.Models;
using ActorTrainer.Core.Training;

namespace ActorTrainer.Actors.Tests.Fakes;

/// <summary>Values for tests: plausible, small, each in one place.</summary>
internal static class Some
{
    public const int Samples = 20, BatchSize = 5;

    public static readonly ImmutableArray<string> Classes = ["cat", "dog"];

    public static ResolvedDevice Device { get; } = new(DeviceKind.Cpu, 0, 1);

    public static DataSettings Data { get; } = new() { Train = "/data/train", Validation = new ValidationSource.None(), ImageSize = 4, Channels = 1 };

    public static PhaseSettings Phase(int epochs = 3, string name = "train") => new()
    {
        Name = name, Epochs = epochs, Trainable = ["all"], Data = Data,
        Optimizer = new() { Type = OptimizerType.Sgd, LearningRate = 0.1 },
        Schedule = new() { Type = ScheduleType.Constant },
    };

    /// <summary>Four steps an epoch.</summary>
    public static TrainingPlan Plan(int epochs = 3, int? checkpointEvery = null, bool stopsEarly = false, int phases = 1, int evaluateEvery = 1) => new(
        [.. Enumerable.Range(0, phases).Select(i => new PhasePlan(Phase(epochs, $"phase-{i}"), new EpochPlan(7, [.. Enumerable.Range(0, Samples)], BatchSize, LastBatch.Keep), Classes, stopsEarly))],
        evaluateEvery, checkpointEvery);

    /// <summary>One of its phases trains on features.</summary>
    public static TrainingPlan OnFeatures(this TrainingPlan plan, int phase, int variants) => plan with
    {
        Phases = plan.Phases.SetItem(phase, plan.Phases[phase] with { Settings = plan.Phases[phase].Settings with { Features = new(variants, Samples / 5) } }),
    };

    public static ModelDescription Model { get; } = new("lenet5", null, Classes, 1, 4, null, new([0.5], [0.5]), [], Rgb.White);

    public static TrainingJob Job(TrainingPlan plan) => new(7, new(null, null, null),
        new() { GlobalBatchSize = BatchSize, Loss = new(0, new ClassWeights.None()), Phases = [.. plan.Phases.Select(p => p.Settings)] },
        [.. plan.Phases.Select(p => new PhaseJob(p.Settings, Model, p.Settings.Features is null ? 0 : 2))], 1, Device);

    public static ExperimentDefinition Definition(TrainingPlan plan, bool validation = true, bool test = true, string name = "some") => new(
        new(name), "c0ffee", ImmutableSortedDictionary<string, string>.Empty.Add("experiment.seed", "7"), ["experiment.seed"], "experiment { seed = 7 }", Device, 1,
        [
            .. plan.Phases.Select((phase, i) => new PhaseData(phase.Settings.Name, phase.Settings.Epochs, phase.StepsPerEpoch, Classes,
                new("/data/train", "1111", Samples), validation ? new("/data/validation", "2222", 6) : null,
                test && i == plan.Phases.Length - 1 ? new("/data/test", "3333", 6) : null)),
        ],
        null, "f1ngerpr1nt", plan.Steps);

    public static EvaluationMetrics Metrics(double top1 = 0.5, double loss = 1) => new(6, loss, top1, 1, [2, 1, 1, 2]);
}
