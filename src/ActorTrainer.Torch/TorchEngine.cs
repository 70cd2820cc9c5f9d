using System.Collections.Immutable;
using ActorTrainer.Core.Data;
using ActorTrainer.Core.Experiments;
using ActorTrainer.Core.Models;
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

    public ImmutableArray<PhaseJob> Describe(ExperimentSettings settings, ImmutableArray<ImmutableArray<string>> classesByPhase, IWeightSource weights) =>
        [.. settings.Training.Phases.Select((phase, index) => new PhaseJob(phase, Describe(settings.Model, phase, index, classesByPhase[index])))];

    public void Check(TrainingJob job, ImmutableArray<ImmutableArray<int>> batchSizes)
    {
        foreach (var (phase, sizes) in job.Phases.Zip(batchSizes))
        {
            var check = BatchNormCheck.Of(phase);
            foreach (int size in sizes) check.Verify(size, job.LogicalShards);
        }
    }

    public ITrainSession OpenTraining(TrainingJob job, IWeightSource weights)
    {
        DeviceResolver.Take(job.Device);
        return new TrainSession(job);
    }

    public IInferenceSession OpenInference(ResolvedDevice device, IWeightSource weights)
    {
        DeviceResolver.Take(device);
        return new InferenceSession(device);
    }

    public string Fingerprint(TrainingJob job, IWeightSource weights)
    {
        DeviceResolver.Take(job.Device);
        return NumericsFingerprint.Of(job);
    }

    private static ModelDescription Describe(ModelSettings model, PhaseSettings phase, int index, ImmutableArray<string> classes)
    {
        var data = phase.Data;
        if (model.Architecture is null || model.Pretrained is not null) throw new EngineException("model.pretrained: this build reads no weights; name an architecture.");
        var description = new ModelDescription(
            model.Architecture, null, classes, data.Channels, data.ImageSize, model.Dropout, Normalize(data), data.Evaluate, data.Background);
        using var built = ModelFactory.Build(description, new(new()));
        foreach (string pattern in phase.Trainable) ParameterGroups.Require(pattern, built, $"training.phases.{index}.trainable");
        return description;
    }

    private static InputNormalization Normalize(DataSettings data) => data.Normalize switch
    {
        Normalization.Explicit(var mean, var std) => new(mean, std),
        Normalization.None => new([.. Enumerable.Repeat(0.0, data.Channels)], [.. Enumerable.Repeat(1.0, data.Channels)]),
        _ when data.Channels == 3 => new([0.485, 0.456, 0.406], [0.229, 0.224, 0.225]),
        _ => new([.. Enumerable.Repeat(0.5, data.Channels)], [.. Enumerable.Repeat(0.5, data.Channels)]),
    };
}
