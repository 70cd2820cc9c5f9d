using System.Collections.Immutable;
using ActorTrainer.Core.Data;
using ActorTrainer.Core.Experiments;
using ActorTrainer.Core.Models;
using ActorTrainer.Core.Training;

namespace ActorTrainer.Tests;

/// <summary>Answers without libtorch: the logit of class k is the weight tensor's k-th value, times the picture's first pixel.</summary>
internal sealed class FakeEngine : IEngine
{
    /// <summary>Closed, the device is held.</summary>
    public ManualResetEventSlim Gate { get; set; } = new(initialState: true);

    public ResolvedDevice Resolve(ResourceSettings resources) => new(DeviceKind.Cpu, 0, 1);

    public IInferenceSession OpenInference(ResolvedDevice device, IWeightSource weights) => new Session(this);

    public ImmutableArray<PhaseJob> Describe(ExperimentSettings settings, ImmutableArray<ImmutableArray<string>> classesByPhase, IWeightSource weights) => throw new NotSupportedException();

    public ITrainSession OpenTraining(TrainingJob job, IWeightSource weights) => throw new NotSupportedException();

    public string Fingerprint(TrainingJob job, IWeightSource weights) => throw new NotSupportedException();

    public void Check(TrainingJob job, ImmutableArray<ImmutableArray<int>> batchSizes) => throw new NotSupportedException();

    private sealed class Session(FakeEngine engine) : IInferenceSession
    {
        private float[] _scale = [];

        public void Load(ModelDescription description, ImmutableArray<NamedTensor> weights) =>
            _scale = System.Runtime.InteropServices.MemoryMarshal.Cast<byte, float>(weights.Single().Data.Span).ToArray();

        public float[] Logits(HostBatch batch)
        {
            engine.Gate.Wait();
            int pixels = batch.Height * batch.Width * batch.Channels;
            return [.. Enumerable.Range(0, batch.Count).SelectMany(i => _scale.Select(scale => scale * batch.Pixels.Span[i * pixels] / 255f))];
        }

        public void Dispose()
        {
        }
    }
}
