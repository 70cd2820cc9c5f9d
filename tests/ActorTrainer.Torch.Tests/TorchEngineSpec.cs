using ActorTrainer.Core.Experiments;
using ActorTrainer.Core.Gradients;
using ActorTrainer.Core.Training;
using ActorTrainer.Torch.Tests.Training;

namespace ActorTrainer.Torch.Tests;

public sealed class TorchEngineSpec
{
    private static readonly Course Course = new();

    [Fact]
    public void From_settings_to_an_answer()
    {
        IEngine engine = new TorchEngine();
        var weights = new NoWeights();
        var job = Course.Job with { Device = engine.Resolve(new(DeviceChoice.Cpu, 1, 1, 1)) };
        engine.Check(job, [[8, 6]]);
        using var session = engine.OpenTraining(job, weights);
        session.Begin(TrainingCursor.Start, null);
        using var batch = Course.Batch(TrainingCursor.Start);
        var at = Course.Plan.Coordinates(TrainingCursor.Start);

        var result = session.Apply(new LocalExchange().Exchange(session.Compute(batch, at, ShardRange.All(1))), at);
        var state = session.Capture(Course.Plan.Advance(TrainingCursor.Start));
        using var inference = engine.OpenInference(job.Device, weights);
        inference.Load(job.Phases[0].Description, state.Weights);

        Assert.True(result.Loss > 0);
        Assert.Equal(8 * 4, inference.Logits(batch).Length);
        Assert.Equal(64, engine.Fingerprint(job, weights).Length);
    }
}
