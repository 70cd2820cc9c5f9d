using System.Collections.Immutable;
using ActorTrainer.Core.Evaluation;
using ActorTrainer.Core.Experiments;
using ActorTrainer.Core.Training;
using static ActorTrainer.Core.Experiments.ExperimentEvents;

namespace ActorTrainer.Core.Tests.Experiments;

/// <summary>Events of one experiment: two phases of 2 epochs of 10 steps, the second with a test set.</summary>
internal static class History
{
    public static readonly DateTimeOffset At = new(2026, 11, 24, 12, 0, 0, TimeSpan.Zero);
    public static readonly StepDue OnTheWay = new(EpochEnd: false, PhaseEnd: false, Evaluation: false, Checkpoint: true);
    public static readonly StepDue EpochEnd = new(EpochEnd: true, PhaseEnd: false, Evaluation: true, Checkpoint: true);

    public static ExperimentDefinition Definition(bool validation = true) => new(
        new("birds"), new string('c', 64), ImmutableSortedDictionary<string, string>.Empty.Add("experiment.seed", "42"), ["experiment.seed"], "experiment { seed = 42 }",
        new(DeviceKind.Cpu, 0, 2), LogicalShards: 2, [Phase("head", validation), Phase("all", validation)], PretrainedHash: null, new string('f', 64), Steps: 40);

    public static CheckpointId Id(int generation, long step) => new(new(generation), new(step));

    /// <summary>The cursor at a step: from step 20 on in the second phase, at 40 past it.</summary>
    public static TrainingCursor Cursor(long step) => new((int)(step / 20), step % 20, new(step), EpochsBefore: (int)(step / 20) * 2);

    public static ExperimentCreated Created(bool validation = true) => new(Definition(validation), At);

    public static GenerationStarted Started(int generation, long from, CheckpointId? source) => new(new(generation), Cursor(from), source, Trainers: 1, At);

    public static CheckpointCommitted Committed(int generation, long step, StepDue? due = null) =>
        new(Id(generation, step), Cursor(step), new string('a', 64), Bytes: 1000, due ?? EpochEnd, Adopted: false, At);

    public static EvaluationRecorded Evaluated(int generation, long step, double top1) =>
        new(Id(generation, step), new(new(step), Experiment.PhaseOf(Cursor(step)), (int)(step / 10), Metrics(top1)), At);

    public static EvaluationMetrics Metrics(double top1) => new(10, 1 - top1, top1, 1, [5, 1, 2, 2]);

    public static Experiment Fold(params IExperimentEvent[] events) => Experiment.Of(events)!;

    private static PhaseData Phase(string name, bool validation)
    {
        var train = new DataIdentity("/data/birds/train", new string('1', 64), 100);
        var held = validation ? new DataIdentity("/data/birds/train", new string('1', 64), 10) : null;
        return new(name, Epochs: 2, StepsPerEpoch: 10, ["crow", "tit"], train, held, Test: new("/data/birds/test", new string('2', 64), 20));
    }
}
