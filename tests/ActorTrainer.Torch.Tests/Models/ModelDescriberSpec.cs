using System.Collections.Immutable;
using ActorTrainer.Core.Data;
using ActorTrainer.Core.Experiments;
using ActorTrainer.Core.Models;
using ActorTrainer.Core.Training;
using ActorTrainer.Torch.Models;

namespace ActorTrainer.Torch.Tests.Models;

public class ModelDescriberSpec
{
    private static readonly PhaseSettings Head = Phase("head", ["head"]);
    private static readonly PhaseSettings All = Phase("all", ["all"]);

    [Fact]
    public void Each_phase_has_its_classes_and_the_normalisation_is_resolved()
    {
        var jobs = Describe(new("resnet18", null, null), Head, All);
        Assert.Equal(["head", "all"], jobs.Select(job => job.Settings.Name));
        Assert.Equal([2, 3], jobs.Select(job => job.Description.Classes.Length));
        Assert.Equal([0.485, 0.456, 0.406], jobs[0].Description.Normalize.Mean.ToArray());
        var grey = Describe(new("lenet5", null, null), All with { Data = All.Data with { Channels = 1 } });
        Assert.Equal([0.5], grey[0].Description.Normalize.Std.ToArray());
        var none = Describe(new("resnet18", null, null), All with { Data = All.Data with { Normalize = new Normalization.None() } });
        Assert.Equal([1.0, 1, 1], none[0].Description.Normalize.Std.ToArray());
    }

    [Fact]
    public void The_built_in_graph_brings_architecture_and_preprocessing()
    {
        var description = Describe(new(null, new PretrainedSource.Builtin("resnet18-imagenet"), null), Head with { Data = Head.Data with { ImageSize = 224 } })[0].Description;
        Assert.Matches("^onnx:[0-9a-f]{64}$", description.Architecture);
        Assert.Equal("builtin:resnet18-imagenet", description.GraphLocation);
        Assert.True(description.Normalize.BuiltIn);
    }

    [Fact]
    public void What_a_model_can_not_do_is_refused_before_training()
    {
        Refuses("experiment.training.phases.0.trainable: 'layer9.*'", new("resnet18", null, null), Phase("x", ["layer9.*"]));
        Refuses("experiment.training.phases.1.learning-rate-scale: 'nose'", new("resnet18", null, null), Head, All with { LearningRateScale = [("nose", 2)] });
        Refuses("at least 63 pixels", new("alexnet", null, null), All);
        Refuses("multiple of 16", new("vit_tiny", null, null), All with { Data = All.Data with { ImageSize = 40 } });
        Refuses("experiment.model.architecture is missing", new(null, null, null), All);
        Refuses("remove the key", new("resnet18", new PretrainedSource.Builtin("resnet18-imagenet"), null), All);
        Refuses("'encoder.pos_embedding' has another shape", new("vit_tiny", null, null), Head, All with { Data = All.Data with { ImageSize = 64 } });
        Refuses("has 1 means", new("resnet18", null, null), All with { Data = All.Data with { Normalize = new Normalization.Explicit([0.5], [0.5]) } });
    }

    /// <summary>A run that goes on from a checkpoint is described too, and the file that it once began with may be gone.</summary>
    [Fact]
    public void Pretrained_weights_are_read_only_where_they_are_tried()
    {
        var model = new ModelSettings("resnet18", new PretrainedSource.File("/nowhere.pth"), null);
        var jobs = Describe(model, All);
        var refused = Assert.Throws<EngineException>(() => ModelDescriber.TryFirstWeights(model, jobs[0].Description, 1, new NoRuns()));
        Assert.Contains("there is no file", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Trying_weights_says_that_the_head_is_replaced()
    {
        var model = new ModelSettings(null, new PretrainedSource.Builtin("resnet18-imagenet"), null);
        var jobs = Describe(model, Head with { Data = Head.Data with { ImageSize = 224 } });
        string note = Assert.Single(ModelDescriber.TryFirstWeights(model, jobs[0].Description, 1, new NoRuns()));
        Assert.Contains("is replaced by a new one for 2 classes", note, StringComparison.Ordinal);
        Assert.Empty(ModelDescriber.TryFirstWeights(new("resnet18", null, null), jobs[0].Description, 1, new NoRuns()));
    }

    private static void Refuses(string expected, ModelSettings model, params PhaseSettings[] phases) =>
        Assert.Contains(expected, Assert.Throws<EngineException>(() => Describe(model, phases)).Message, StringComparison.Ordinal);

    private static ImmutableArray<PhaseJob> Describe(ModelSettings model, params PhaseSettings[] phases) =>
        ModelDescriber.Describe(Settings(model, phases), [.. phases.Select((_, i) => ImmutableArray.Create(["a", "b", .. Enumerable.Repeat("c", i)]))], new NoRuns());

    private static PhaseSettings Phase(string name, ImmutableArray<string> trainable) => new()
    {
        Name = name, Epochs = 1, Trainable = trainable,
        Data = new() { Train = "data", Validation = new ValidationSource.None(), ImageSize = 32 },
        Optimizer = new() { Type = OptimizerType.Sgd, LearningRate = 0.1 },
        Schedule = new() { Type = ScheduleType.Constant },
    };

    private static ExperimentSettings Settings(ModelSettings model, PhaseSettings[] phases) => new()
    {
        Name = new("x"), Seed = 1, Data = phases[0].Data, Model = model,
        Training = new() { GlobalBatchSize = 8, Loss = new(0, new ClassWeights.None()), Phases = [.. phases] },
        Evaluation = new(1, 8, null), Checkpoint = new(null, 2, true), Resources = new(DeviceChoice.Cpu, 1, 1, 1),
    };

    private sealed class NoRuns : IWeightSource
    {
        public (ModelDescription Description, ImmutableArray<NamedTensor> Weights) OfRun(string name, string? selector) => throw new EngineException($"no run {name}");
    }
}
