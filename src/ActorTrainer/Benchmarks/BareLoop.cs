using ActorTrainer.Torch.Training;

namespace ActorTrainer.Benchmarks;

/// <summary>Steps as somebody takes them who has TorchSharp and a model, and nothing of the product.</summary>
internal static class BareLoop
{
    public static Lap Run(Workload workload, ReadyBatches batches)
    {
        using var training = new BareTraining(workload.Description, Workload.Seed, Workload.LearningRate, Workload.Momentum, workload.Threads);
        var clock = new Stopclock(workload);
        for (int step = 1; step <= workload.AllSteps; step++)
        {
            var (pixels, numbers) = batches.Of(step);
            clock.Step(training.Step(pixels, numbers));
        }

        return clock.Lap();
    }
}
