using System.Collections.Immutable;
using ActorTrainer.Core.Experiments;
using ActorTrainer.Core.Gradients;
using ActorTrainer.Core.Models;
using ActorTrainer.Core.Training;
using ActorTrainer.Torch.Tests.Training;

namespace ActorTrainer.Torch.Tests;

public sealed class TorchEngineSpec
{
    private static readonly NoWeights Weights = new();

    [Fact]
    public void From_settings_to_an_answer()
    {
        var course = new Course();
        IEngine engine = new TorchEngine();
        var job = course.Job with { Device = engine.Resolve(new(DeviceChoice.Cpu, 1, 1, 1)) };
        engine.Check(job, [[8, 6]]);
        using var session = engine.OpenTraining(job, Weights);
        session.Begin(TrainingCursor.Start, null);
        using var batch = course.Batch(TrainingCursor.Start);
        var at = course.Plan.Coordinates(TrainingCursor.Start);

        var result = session.Apply(new LocalExchange().Exchange(session.Compute(batch, at, ShardRange.All(1))), at);
        var state = session.Capture(course.Plan.Advance(TrainingCursor.Start));
        using var inference = engine.OpenInference(job.Device, Weights);
        inference.Load(job.Phases[0].Description, state.Weights);

        Assert.True(result.Loss > 0);
        Assert.Equal(8 * 4, inference.Logits(batch).Length);
        Assert.Equal(64, engine.Fingerprint(job, Weights).Length);
    }

    /// <summary>Transfer learning: the imported graph's head first, then all of it; the new head belongs to the classes.</summary>
    [Fact]
    public void The_builtin_ImageNet_weights_train_head_first()
    {
        var course = new Course
        {
            Architecture = "onnx", Channels = 3, ImageSize = 224, Samples = 2, BatchSize = 2,
            Legs = [new() { Epochs = 1, Trainable = ["head"] }, new() { Epochs = 1, BatchNorm = BatchNormMode.Frozen, RateScale = [("head", 20)] }],
        };
        IEngine engine = new TorchEngine();
        var settings = Experiment(course) with { Model = new(null, new PretrainedSource.Builtin("resnet18-imagenet"), null) };
        ImmutableArray<string> classes = ["a", "b", "c", "d"];
        var job = course.Job with { Model = settings.Model, Phases = engine.Describe(settings, [classes, classes], Weights) };
        using var session = engine.OpenTraining(job, Weights);
        session.Begin(TrainingCursor.Start, null);
        var begun = session.Capture(TrainingCursor.Start);

        Step(TrainingCursor.Start);
        var next = course.Plan.Advance(TrainingCursor.Start);
        session.EnterPhase(next);
        var headOnly = session.Capture(next);
        Step(next);
        var all = session.Capture(course.Plan.Advance(next));

        Assert.Equal(2, Bits.Moved(begun.Weights, headOnly.Weights).Length);
        Assert.True(Bits.Moved(headOnly.Weights, all.Weights).Length > 40);
        Assert.Equal(64, engine.Fingerprint(job, Weights).Length);

        void Step(TrainingCursor cursor)
        {
            using var batch = course.Batch(cursor);
            var at = course.Plan.Coordinates(cursor);
            session.Apply(session.Compute(batch, at, ShardRange.All(1))[0], at);
        }
    }

    private static ExperimentSettings Experiment(Course course) => new()
    {
        Name = new("some"), Seed = Course.Seed, Data = course.Phase(0).Data, Model = course.Job.Model, Training = course.Job.Training,
        Evaluation = new(1, 8, null), Checkpoint = new(null, 2, true), Resources = new(DeviceChoice.Cpu, 1, 1, 1),
    };
}
