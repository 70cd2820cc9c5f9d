using System.Collections.Immutable;
using ActorTrainer.Core.Experiments;
using ActorTrainer.Core.Training;
using ActorTrainer.Torch.Devices;
using ActorTrainer.Torch.Inference;
using ActorTrainer.Torch.Models;
using ActorTrainer.Torch.Training;

namespace ActorTrainer.Torch;

/// <summary>What libtorch offers. Sessions belong to the thread that opens them.</summary>
public sealed class TorchEngine : IEngine
{
    public ResolvedDevice Resolve(ResourceSettings resources) => DeviceResolver.Resolve(resources);

    public int CountDevices(DeviceKind kind) => DeviceResolver.Count(kind);

    public ImmutableArray<PhaseJob> Describe(ExperimentSettings settings, ImmutableArray<ImmutableArray<string>> classesByPhase, IWeightSource weights) =>
        ModelDescriber.Describe(settings, classesByPhase, weights);

    public void Check(TrainingJob job, ImmutableArray<ImmutableArray<int>> batchSizes)
    {
        foreach (var (phase, sizes) in job.Phases.Zip(batchSizes))
        {
            var check = BatchNormCheck.Of(phase);
            foreach (int size in sizes) check.Verify(size, job.LogicalShards);
        }
    }

    public ImmutableArray<string> TryFirstWeights(TrainingJob job, IWeightSource weights) =>
        ModelDescriber.TryFirstWeights(job.Model, job.Phases[0].Description, job.Seed, weights);

    public ITrainSession OpenTraining(TrainingJob job, IWeightSource weights)
    {
        return new TrainSession(job, weights, DeviceResolver.Take(job.Device));
    }

    public IInferenceSession OpenInference(ResolvedDevice device, IWeightSource weights)
    {
        return new InferenceSession(device, DeviceResolver.Take(device));
    }

    public string Fingerprint(TrainingJob job, IWeightSource weights)
    {
        using var lease = DeviceResolver.Take(job.Device);
        return NumericsFingerprint.Of(job, weights);
    }
}
