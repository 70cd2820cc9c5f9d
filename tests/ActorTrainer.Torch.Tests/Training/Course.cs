using System.Buffers;
using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Runtime.InteropServices;
using ActorTrainer.Core.Data;
using ActorTrainer.Core.Gradients;
using ActorTrainer.Core.Models;
using ActorTrainer.Core.Randomness;
using ActorTrainer.Core.Training;
using ActorTrainer.Torch.Training;

namespace ActorTrainer.Torch.Tests.Training;

/// <summary>A small course of training on generated pictures: job, plan and batches that fit each other.</summary>
internal sealed record Course
{
    public const ulong Seed = 7;
    private static readonly ConcurrentDictionary<(string, int, int, int, Precision), Lazy<TrainingState>> Initial = new();

    public string Architecture { get; init; } = "lenet5";
    public int Channels { get; init; } = 1;
    public int ImageSize { get; init; } = 16;
    public int Samples { get; init; } = 22;
    public int BatchSize { get; init; } = 8;
    public int Shards { get; init; } = 1;
    public double? Dropout { get; init; }
    public double? GradientClip { get; init; }
    public double LabelSmoothing { get; init; }
    public Precision Precision { get; init; } = Precision.Fp32;
    public GradientPrecision Gradients { get; init; } = GradientPrecision.Full;
    public ResolvedDevice Device { get; init; } = new(DeviceKind.Cpu, 0, 1);
    public ImmutableArray<Leg> Legs { get; init; } = [new()];

    /// <summary>One phase.</summary>
    public sealed record Leg
    {
        public int Epochs { get; init; } = 2;
        public int Classes { get; init; } = 4;
        public ImmutableArray<string> Trainable { get; init; } = ["all"];
        public BatchNormMode BatchNorm { get; init; } = BatchNormMode.Update;
        public ImmutableArray<(string, double)> RateScale { get; init; } = [];
        public double? LayerDecay { get; init; }
        public OptimizerSettings Optimizer { get; init; } = Sgd;
    }

    public static OptimizerSettings Sgd { get; } = new() { Type = OptimizerType.Sgd, LearningRate = 0.05, Momentum = 0.9, Nesterov = true, WeightDecay = 1e-3 };
    public static OptimizerSettings Adam { get; } = new() { Type = OptimizerType.Adam, LearningRate = 0.002, WeightDecay = 1e-3 };
    public static OptimizerSettings AdamW { get; } = new() { Type = OptimizerType.AdamW, LearningRate = 0.002, WeightDecay = 0.05 };

    public static OptimizerSettings Optimizer(string name) => name switch { "sgd" => Sgd, "adam" => Adam, "adamw" => AdamW, _ => throw new ArgumentException(name) };

    public TrainingJob Job => new(
        Seed, new(Architecture, null, Dropout),
        new()
        {
            GlobalBatchSize = BatchSize, Precision = Precision, Gradients = Gradients, GradientClip = GradientClip,
            Loss = new(LabelSmoothing, new ClassWeights.None()), Phases = [.. Legs.Select((_, i) => Phase(i))],
        },
        [.. Legs.Select((_, i) => new PhaseJob(Phase(i), Describe(i)))], Shards, Device);

    public TrainingPlan Plan => new(
        [.. Legs.Select((_, i) => new PhasePlan(Phase(i), new(Seed, [.. Enumerable.Range(0, Samples)], BatchSize, LastBatch.Keep), Describe(i).Classes))], 1, null);

    /// <summary>Whether sums are handed out as a GPU's are.</summary>
    public bool Staged { get; init; }

    public TrainSession Open() => new(Job, new NoWeights(), stage: Staged);

    /// <summary>At training's start, from weights that are drawn once for all tests: drawing takes longer than these courses.</summary>
    public TrainSession Begin()
    {
        var session = Open();
        session.Begin(TrainingCursor.Start, Initial.GetOrAdd((Architecture, Channels, ImageSize, Legs[0].Classes, Precision), _ => new(Draw)).Value);
        return session;
    }

    public TrainingState Draw()
    {
        using var session = Open();
        session.Begin(TrainingCursor.Start, null);
        return session.Capture(TrainingCursor.Start);
    }

    /// <summary>Pixels are a function of the sample, brighter where the label is.</summary>
    public HostBatch Batch(TrainingCursor cursor) => Batch(Plan.Batch(cursor), Legs[cursor.Phase].Classes);

    public HostBatch Batch(BatchRequest request, int classes)
    {
        int each = Channels * ImageSize * ImageSize;
        byte[] pixels = new byte[request.Samples.Length * each];
        int[] labels = [.. request.Samples.Select(sample => sample % classes)];
        for (int i = 0; i < labels.Length; i++)
        {
            var stream = new RandomStream(Seed, RandomPurpose.Test, (ulong)request.Samples[i], 0);
            int bright = each / classes * labels[i];
            for (int j = 0; j < each; j++) pixels[i * each + j] = (byte)(stream.NextInt32(128) + (j >= bright && j < bright + each / classes ? 127 : 0));
        }

        float[] weights = [.. labels.Select(label => label == 0 ? 0.5f : 1)];
        return new(request, ImageSize, ImageSize, Channels, new Pixels(pixels), labels, weights);
    }

    /// <summary>Trains from a cursor that the session stands at; to the end, or for a number of steps.</summary>
    public (TrainingCursor Cursor, List<StepResult> Results) Run(TrainSession session, TrainingCursor from, long steps = long.MaxValue)
    {
        var (plan, results) = (Plan, new List<StepResult>());
        var cursor = from;
        for (; steps > 0 && !plan.IsFinished(cursor); steps--)
        {
            results.Add(Step(session, cursor));
            var next = plan.Advance(cursor);
            if (next.Phase != cursor.Phase && !plan.IsFinished(next)) session.EnterPhase(next);
            cursor = next;
        }

        return (cursor, results);
    }

    public StepResult Step(TrainSession session, TrainingCursor cursor)
    {
        using var batch = Batch(cursor);
        var at = Plan.Coordinates(cursor);
        return session.Apply(new LocalExchange().Exchange(session.Compute(batch, at, ShardRange.All(Shards))), at);
    }

    public PhaseSettings Phase(int index) => new()
    {
        Name = $"phase-{index}", Epochs = Legs[index].Epochs, Trainable = Legs[index].Trainable, BatchNorm = Legs[index].BatchNorm,
        LearningRateScale = Legs[index].RateScale, LayerDecay = Legs[index].LayerDecay, Optimizer = Legs[index].Optimizer,
        Data = new() { Train = "generated", Validation = new ValidationSource.None(), Channels = Channels, ImageSize = ImageSize },
        Schedule = new() { Type = ScheduleType.Cosine, WarmUpEpochs = 1 },
    };

    private ModelDescription Describe(int index) => Some.Description(Architecture, Legs[index].Classes, Channels, ImageSize, Dropout);

    private sealed class Pixels(byte[] bytes) : IMemoryOwner<byte>
    {
        public Memory<byte> Memory => bytes;

        public void Dispose()
        {
        }
    }
}

/// <summary>Comparisons bit for bit.</summary>
internal static class Bits
{
    public static void Same(TrainingState expected, TrainingState actual)
    {
        Assert.Equal(expected.Cursor, actual.Cursor);
        Same(expected.Weights, actual.Weights);
        Same(expected.Optimizer, actual.Optimizer);
    }

    public static void Same(IEnumerable<NamedTensor> expected, IEnumerable<NamedTensor> actual)
    {
        var byName = actual.ToDictionary(tensor => tensor.Name);
        Assert.Equal(expected.Select(tensor => tensor.Name), byName.Keys);
        Assert.Empty(Moved(expected, byName.Values));
    }

    /// <summary>Names of tensors that differ in a bit.</summary>
    public static string[] Moved(IEnumerable<NamedTensor> before, IEnumerable<NamedTensor> after)
    {
        var byName = after.ToDictionary(tensor => tensor.Name);
        return [.. before.Where(tensor => !tensor.Data.Span.SequenceEqual(byName[tensor.Name].Data.Span)).Select(tensor => tensor.Name)];
    }
}

internal static class NamedTensorValues
{
    public static double[] Doubles(this NamedTensor tensor) => tensor.Type switch
    {
        TensorType.Float64 => [.. MemoryMarshal.Cast<byte, double>(tensor.Data.Span)],
        TensorType.Float32 => [.. MemoryMarshal.Cast<byte, float>(tensor.Data.Span).ToArray().Select(value => (double)value)],
        _ => throw new ArgumentException($"{tensor.Name} is {tensor.Type}"),
    };
}

/// <summary>No other run is there to take weights from.</summary>
internal sealed class NoWeights : IWeightSource
{
    public (ModelDescription Description, ImmutableArray<NamedTensor> Weights) OfRun(string name, string? selector) => throw new InvalidOperationException();
}
