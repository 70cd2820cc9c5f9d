using System.Collections.Immutable;
using System.Runtime.InteropServices;
using ActorTrainer.Core.Checkpoints;
using ActorTrainer.Core.Data;
using ActorTrainer.Core.Experiments;
using ActorTrainer.Core.Models;
using ActorTrainer.Core.Training;
using ActorTrainer.Reports;
using ActorTrainer.Tests.Commands;
using ActorTrainer.Transport.Checkpoints;
using SkiaSharp;
using static ActorTrainer.Core.Experiments.ExperimentEvents;

namespace ActorTrainer.Tests.Reports;

public sealed class MistakesSpec : IDisposable
{
    private static readonly ImmutableArray<string> Classes = ["crow", "wren"];
    private readonly TemporaryRuns _runs = new();
    private readonly TemporaryFolder _data = new();

    public void Dispose()
    {
        _runs.Dispose();
        _data.Dispose();
    }

    /// <summary>Between the report's look at the journal and its reading, a run that goes on found a better checkpoint and retired the one before.</summary>
    [Fact]
    public void What_was_the_best_may_be_gone_by_the_time_it_is_read()
    {
        Pictures.Write(_data["set/crow"], 2, SKColors.White);       // which the model takes for wrens
        Pictures.Write(_data["set/wren"], 2, SKColors.White);
        var configuration = ExperimentFile.Parse($$"""
            experiment { data { train = "{{_data["set"]}}", test = "{{_data["set"]}}" }, model.architecture = lenet5, training.phases = [{ epochs = 1 }] }
            """, "birds.conf").Configuration!;
        var created = new ExperimentCreated(Some.Definition() with { EffectiveConfiguration = configuration.Text, Phases = [Some.Definition().Phases[^1] with { Test = null }] }, Some.Noon);
        IExperimentEvent[] before = [created, new CoordinatorTook("one", Some.Noon), new GenerationStarted(new(1), TrainingCursor.Start, null, 1, Some.Noon), Committed(10), Evaluated(10, 0.5)];
        _runs.With("birds", [.. before, Committed(20), Evaluated(20, 0.9), new CheckpointRetired(new(new(1), new(10)), Some.Noon)]);
        new FolderCheckpointStore(_runs.Runs[new("birds")].CheckpointFolder).Write(Content(20), CancellationToken.None);

        var (found, why) = Mistakes.Find(Invocation.Services, _runs.Runs, new(new("birds"), Experiment.Of(before)!), _ => { }, null, CancellationToken.None);

        Assert.Null(why);
        Assert.Equal((4, 2), (found!.Samples, found.Wrong));
    }

    private static CheckpointCommitted Committed(long step) => Some.Committed(step) with { Cursor = new(0, step, new(step), 0) };

    private static EvaluationRecorded Evaluated(long step, double top1) => new(new(new(1), new(step)), new(new(step), 0, (int)step / 10, Some.Metrics(top1)), Some.Noon);

    private static CheckpointContent Content(int step)
    {
        float[] values = [0, 5];
        var weights = new NamedTensor("head.weight", TensorType.Float32, [2], MemoryMarshal.AsBytes<float>(values).ToArray());
        return new(new(new(1), new(step)), new(new(0, step, new(step), 0), [weights], []),
            new("lenet5", null, Classes, 1, 8, null, new([0], [1]), [new ImageTransform.ResizeExact(8, 8)], Rgb.White), new string('c', 64));
    }
}
