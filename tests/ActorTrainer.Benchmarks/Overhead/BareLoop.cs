using ActorTrainer.Torch.Models;
using ActorTrainer.Torch.Weights;
using static TorchSharp.torch;

namespace ActorTrainer.Benchmarks.Overhead;

/// <summary>The loop that somebody writes who has TorchSharp and a model: torch.optim, a dispose scope a step, the loss read every step.</summary>
internal static class BareLoop
{
    public static Lap Run(Workload workload, ReadyBatches batches)
    {
        set_num_threads(workload.Threads);
        using var model = ModelFactory.Build(workload.Description, new(new()));
        WeightInitializer.Draw(model, Workload.Seed);
        model.train();
        using var optimizer = optim.SGD(model.parameters(), Workload.LearningRate, Workload.Momentum);

        var clock = new Stopclock(workload);
        for (int step = 1; step <= workload.AllSteps; step++)
        {
            using var scope = NewDisposeScope();
            var (pixels, numbers) = batches.Of(step);
            var images = tensor(pixels, [workload.BatchSize, workload.ImageSize, workload.ImageSize, workload.Channels])
                .permute(0, 3, 1, 2).contiguous().to(ScalarType.Float32).div_(255).sub_(0.5).div_(0.5);     // N x C x H x W
            var labels = tensor(numbers, ScalarType.Int64);     // N

            optimizer.zero_grad();
            var loss = nn.functional.cross_entropy(model.call(images), labels);
            loss.backward();
            optimizer.step();
            clock.Step(loss.item<float>());     // waits for the device
        }

        return clock.Lap();
    }
}
