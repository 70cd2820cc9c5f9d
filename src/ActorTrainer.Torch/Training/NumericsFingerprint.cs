using System.Buffers;
using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using ActorTrainer.Core.Data;
using ActorTrainer.Core.Gradients;
using ActorTrainer.Core.Models;
using ActorTrainer.Core.Randomness;
using ActorTrainer.Core.Training;
using ActorTrainer.Torch.Devices;
using TorchSharp;

namespace ActorTrainer.Torch.Training;

/// <summary>
/// A hash over everything that can change a bit of the result: versions and device by name, and, because names don't say all, the bits of one step
/// of each phase's model on generated input and of the schedule's values.
/// </summary>
internal static class NumericsFingerprint
{
    /// <summary>Of the generated step: enough for batch norm, and for the kernels of batches to be chosen.</summary>
    private const int Samples = 4;

    /// <summary>Opens sessions of its own, on the thread that calls.</summary>
    public static string Of(TrainingJob job, IWeightSource weights)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (string line in Names(job)) hash.AppendData(Encoding.UTF8.GetBytes(line + "\n"));
        Span<byte> number = stackalloc byte[sizeof(double)];
        foreach (double factor in ScheduleValues(job))
        {
            BinaryPrimitives.WriteDoubleLittleEndian(number, factor);
            hash.AppendData(number);
        }

        foreach (var phase in job.Phases.DistinctBy(Kernels))
        {
            var state = Step(job with { Phases = [phase] }, weights);
            foreach (var tensor in state.Weights.Concat(state.Optimizer)) hash.AppendData(tensor.Data.Span);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary>What decides which kernels a step of a phase calls: the same shapes, the same statistics, the same update.</summary>
    private static object Kernels(PhaseJob phase) => (phase.Description.ImageSize, phase.Description.Channels, phase.Description.Classes.Length,
        phase.Settings.BatchNorm, phase.Settings.Optimizer, string.Join('|', phase.Settings.Trainable));

    /// <summary>Product, library and device by name.</summary>
    public static IEnumerable<string> Names(TrainingJob job) =>
    [
        typeof(NumericsFingerprint).Assembly.GetName().Version!.ToString(),
        torch.__version__,
        job.Training.Precision.ToString(),
        .. DeviceModel.Describe(job.Device),
    ];

    private static IEnumerable<double> ScheduleValues(TrainingJob job) =>
        from phase in job.Phases
        from step in Enumerable.Range(0, 8)
        select Schedule.Factor(phase.Settings.Schedule, step * 7, 64, 8);

    private static TrainingState Step(TrainingJob job, IWeightSource weights)
    {
        // One shard's step shows the kernels at work; whose weights they multiply does not matter, but an imported graph has no others.
        bool graph = job.Phases[0].Description.GraphLocation is not null;
        using var session = new TrainSession(job with { LogicalShards = 1, Model = graph ? job.Model : job.Model with { Pretrained = null } }, weights);
        session.Begin(TrainingCursor.Start, null);
        var at = new StepCoordinates(TrainingCursor.Start.Step.Next, 0, 0, 0, 0, 0, 1);
        using var batch = Pictures(job.Seed, job.Phases[0].Description);
        session.Apply(session.Compute(batch, at, ShardRange.All(1))[0], at);
        return session.Capture(TrainingCursor.Start with { StepInPhase = 1, Step = at.Step });
    }

    /// <summary>Noise that a model can take, a function of the seed.</summary>
    public static HostBatch Pictures(ulong seed, ModelDescription model)
    {
        int bytes = Samples * model.ImageSize * model.ImageSize * model.Channels;
        var pixels = MemoryPool<byte>.Shared.Rent(bytes);
        var stream = new RandomStream(seed, RandomPurpose.Test, 0, 0);
        foreach (ref byte pixel in pixels.Memory.Span[..bytes]) pixel = (byte)stream.NextUInt32();
        ImmutableArray<int> samples = [.. Enumerable.Range(0, Samples)];
        return new(new(1, 0, samples), model.ImageSize, model.ImageSize, model.Channels, pixels,
            [.. samples.Select(sample => sample % model.Classes.Length)], [.. samples.Select(_ => 1f)]);
    }
}
