using ActorTrainer.Core.Experiments;
using ActorTrainer.Core.Training;
using ActorTrainer.Torch.Devices;
using ActorTrainer.Torch.Training;

namespace ActorTrainer.Torch;

/// <summary>What libtorch offers. Sessions belong to the thread that opens them.</summary>
public sealed class TorchEngine
{
    public ResolvedDevice Resolve(ResourceSettings resources) => DeviceResolver.Resolve(resources);

    public ITrainSession OpenTraining(TrainingJob job, IWeightSource weights)
    {
        DeviceResolver.Take(job.Device);
        return new TrainSession(job);
    }

    public string Fingerprint(TrainingJob job, IWeightSource weights)
    {
        DeviceResolver.Take(job.Device);
        return NumericsFingerprint.Of(job);
    }
}
