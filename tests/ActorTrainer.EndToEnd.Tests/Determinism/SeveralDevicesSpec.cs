using System.Collections.Immutable;
using System.Text.Json.Nodes;
using ActorTrainer.Core.Data;
using ActorTrainer.Core.Evaluation;
using ActorTrainer.Core.Experiments;
using ActorTrainer.Core.Training;
using ActorTrainer.Data;
using ActorTrainer.EndToEnd.Tests.Processes;
using ActorTrainer.Hosting;
using ActorTrainer.Torch;

namespace ActorTrainer.EndToEnd.Tests.Determinism;

/// <summary>A process that has several devices, as one with several GPUs has: each is this machine's CPU.</summary>
[Collection(ProcessTests.Name)]
public sealed class SeveralDevicesSpec(Undisturbed undisturbed)
{
    [Theory]
    [InlineData(2, 2)]
    [InlineData(4, 3)]
    [InlineData(4, 1)]
    public async Task Run_uses_as_many_as_the_experiment_wants_and_gets_the_same_bits(int devices, int most)
    {
        using var workshop = new Workshop();
        var observer = new Observer();
        var run = new LocalRun(DataReader.OfUser(TimeProvider.System), new ManyDevices(new TorchEngine(), devices), TimeProvider.System);

        int code = await run.ExecuteAsync(
            new(Path.Combine(workshop.Folder, "tiny.conf"), [$"experiment.resources.trainers.max={most}"], new(workshop.Runs), Fresh: false, From: null), observer, CancellationToken.None);

        Assert.True(code == 0, observer.Reason);
        Assert.Equal(undisturbed.Digest, observer.Digest);
        Assert.Equal(Math.Min(devices, most), observer.Trainers);
        Assert.Equal(undisturbed.Run.Metrics.Select(Loss), workshop.Run.Metrics.Select(Loss));
    }

    private static string Loss(JsonObject line) => $"{line["step"]} {line["loss"]} {line["lr"]}";

    private sealed class ManyDevices(IEngine engine, int devices) : IEngine
    {
        public int CountDevices(DeviceKind kind) => devices;
        public ResolvedDevice Resolve(ResourceSettings resources) => engine.Resolve(resources);
        public ImmutableArray<PhaseJob> Describe(ExperimentSettings settings, ImmutableArray<ImmutableArray<string>> classesByPhase, IWeightSource weights) => engine.Describe(settings, classesByPhase, weights);
        public void Check(TrainingJob job, ImmutableArray<ImmutableArray<int>> batchSizes) => engine.Check(job, batchSizes);
        public ImmutableArray<string> TryFirstWeights(TrainingJob job, IWeightSource weights) => engine.TryFirstWeights(job, weights);
        public ITrainSession OpenTraining(TrainingJob job, IWeightSource weights) => engine.OpenTraining(job, weights);
        public IInferenceSession OpenInference(ResolvedDevice device, IWeightSource weights) => engine.OpenInference(device, weights);
        public string Fingerprint(TrainingJob job, IWeightSource weights) => engine.Fingerprint(job, weights);
    }

    private sealed class Observer : IRunObserver
    {
        public string? Digest { get; private set; }
        public string? Reason { get; private set; }
        public int Trainers { get; private set; }

        public void Completed(Experiment experiment, string digest) => (Digest, Trainers) = (digest, experiment.Seats.Length);
        public void Failed(string reason) => Reason = reason;

        public void Preparing(DataProgress progress)
        {
        }

        public void Prepared(ExperimentDefinition definition, CheckpointId? resumedFrom)
        {
        }

        public void Progress(RunProgress progress)
        {
        }

        public void Evaluated(EvaluationRow row, bool isBest)
        {
        }

        public void Committed(CommittedCheckpoint checkpoint)
        {
        }

        public void Notice(string text)
        {
        }

        public void Interrupted(StepNumber step, string command)
        {
        }
    }
}
