using ActorTrainer.Torch.Models;
using ActorTrainer.Torch.Weights;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace ActorTrainer.Benchmarks.Features;

/// <summary>The loop that somebody writes who has all features in memory: the head by torch.optim, rows chosen in an order drawn for the epoch, the loss read every step.</summary>
internal static class HeadLoop
{
    public static Lap Run(Workload workload, KeptFeatures features)
    {
        set_num_threads(workload.Threads);
        using var model = ModelFactory.Build(workload.Description, new(new()));
        WeightInitializer.Draw(model, Workload.Seed);
        model.train();
        Parameter[] head = [.. model.named_parameters().Where(entry => model.IsHead(entry.name)).Select(entry => entry.parameter)];
        using var optimizer = optim.SGD(head, Workload.LearningRate, Workload.Momentum);
        using var rows = empty(features.Count, features.Width);       // N x F
        for (int sample = 0; sample < features.Count; sample++) features.Fill(sample, System.Runtime.InteropServices.MemoryMarshal.Cast<byte, float>(rows.bytes).Slice(sample * features.Width, features.Width));
        using var classes = tensor(Enumerable.Range(0, features.Count).Select(sample => (long)features.LabelOf(sample)).ToArray());
        using var order = tensor(Order(workload));

        var clock = new Stopclock(workload);
        for (int step = 0; step < workload.AllSteps; step++)
        {
            using var scope = NewDisposeScope();
            var chosen = order.narrow(0, (long)step * workload.BatchSize, workload.BatchSize);
            optimizer.zero_grad();
            var loss = nn.functional.cross_entropy(model.Logits(rows.index_select(0, chosen)), classes.index_select(0, chosen));
            loss.backward();
            optimizer.step();
            clock.Step(loss.item<float>());
        }

        return clock.Lap();
    }

    /// <summary>The plan's, so that both loops do the same work.</summary>
    private static long[] Order(Workload workload) =>
        [.. Enumerable.Range(0, workload.AllSteps).SelectMany(step => workload.Plan.Phases[0].Epochs.Batch(0, step)).Select(sample => (long)sample)];
}
