using ActorTrainer.Core.Training;
using ActorTrainer.Torch.Models;
using ActorTrainer.Torch.Weights;
using static TorchSharp.torch;

namespace ActorTrainer.Torch.Tests.Training;

public sealed class OtherThreadsSpec
{
    /// <summary>Libtorch's generator belongs to the process: a mask drawn from it would change with what other threads draw.</summary>
    [Fact]
    public void AlexNet_trains_to_the_same_bits_while_another_thread_builds_models()
    {
        var course = new Course
        {
            Architecture = "alexnet", Channels = 3, ImageSize = 63, Samples = 6, BatchSize = 3, Shards = 2,
            Legs = [new() { Epochs = 1, Optimizer = new() { Type = OptimizerType.Sgd, LearningRate = 0.01 } }],
        };
        var alone = Train(course);
        using var stop = new CancellationTokenSource();
        int built = 0;
        var thread = new Thread(() =>
        {
            while (!stop.IsCancellationRequested)
            {
                using var scope = NewDisposeScope();
                using var model = ModelCatalog.Build(Some.Description(), Some.Context());
                WeightInitializer.Draw(model, (ulong)built);
                nn.Linear(10, 10);
                rand(10);
                Interlocked.Increment(ref built);
            }
        });
        thread.Start();

        var beside = Train(course);
        stop.Cancel();
        thread.Join();

        Assert.True(built > 0);
        Bits.Same(alone, beside);
        Assert.NotEqual(Train(course with { Dropout = 0 }).Weights[^1].Data.ToArray(), alone.Weights[^1].Data.ToArray());
    }

    private static TrainingState Train(Course course)
    {
        using var session = course.Begin();
        var (end, _) = course.Run(session, TrainingCursor.Start);
        return session.Capture(end);
    }
}
