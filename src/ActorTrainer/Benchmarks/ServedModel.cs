using System.Collections.Immutable;
using ActorTrainer.Core.Models;
using ActorTrainer.Core.Training;
using ActorTrainer.Serving;

namespace ActorTrainer.Benchmarks;

/// <summary>What answers: a run's checkpoint, or a model of the catalogue with weights that nobody trained, since only how fast it answers is of interest.</summary>
internal sealed record ServedModel(ModelDescription Description, ImmutableArray<NamedTensor> Weights, ResolvedDevice Device)
{
    /// <summary>With the initial weights of the workload's seed.</summary>
    public static ServedModel Fresh(IEngine engine, Workload workload)
    {
        using var session = engine.OpenTraining(workload.Job, NoWeights.Instance);
        session.Begin(TrainingCursor.Start, null);
        return new(workload.Description, session.Capture(TrainingCursor.Start).Weights, workload.Job.Device);
    }

    /// <summary>On the thread that it is to be used on.</summary>
    /// <param name="weights">Of other runs, where the model is made of one's.</param>
    public SessionPredictor Open(IEngine engine, IWeightSource weights)
    {
        var session = engine.OpenInference(Device, weights);
        session.Load(Description, Weights);
        return new(session, Description);
    }

    /// <summary>H x W x C, of no meaning.</summary>
    public ReadOnlyMemory<byte> Picture(int number)
    {
        byte[] pixels = new byte[Description.ImageSize * Description.ImageSize * Description.Channels];
        for (int i = 0; i < pixels.Length; i++) pixels[i] = (byte)(i * 31 + number);
        return pixels;
    }
}
