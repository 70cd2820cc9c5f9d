using ActorTrainer.Core.Data;
using ActorTrainer.Core.Experiments;
using ActorTrainer.Core.Models;
using ActorTrainer.Core.Training;

namespace ActorTrainer.Core.Tests.Experiments;

/// <summary>The files of config/ that users start from.</summary>
public class ExampleFileSpec
{
    private static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "config");

    [Theory]
    [InlineData("quickstart")]
    [InlineData("transfer-resnet18")]
    [InlineData("pretrain-then-transfer")]
    [InlineData("resnet50-transfer")]
    public void Every_example_is_valid_without_a_warning_and_opens_with_its_command(string name)
    {
        var reading = Read(name);
        Assert.Empty(reading.Errors);
        Assert.Empty(reading.Warnings);
        Assert.Equal(name, reading.Configuration!.Settings.Name.Value);
        Assert.StartsWith(Path.Combine(Folder, "data") + Path.DirectorySeparatorChar, reading.Configuration.Settings.Data.Train, StringComparison.Ordinal);
        string[] header = [.. File.ReadLines(Path.Combine(Folder, $"{name}.conf")).TakeWhile(line => line.StartsWith('#'))];
        Assert.Contains(header, line => line.Contains($"actortrainer run config/{name}.conf", StringComparison.Ordinal));
    }

    [Fact]
    public void The_classic_recipe_is_followed_to_the_letter()
    {
        var settings = Read("resnet50-transfer").Configuration!.Settings;
        var phase = Assert.Single(settings.Training.Phases);
        Assert.Equal("resnet50", settings.Model.Architecture);
        Assert.Null(settings.Model.Pretrained);
        ImageTransform[] steps = [new ImageTransform.ResizeExact(224, 224), new ImageTransform.CenterCrop(224, 224)];
        Assert.Equal<ImageTransform>(steps, settings.Data.Augment);
        Assert.Equal<ImageTransform>(steps, settings.Data.Evaluate);
        Assert.Equal(new Normalization.ImageNet(), settings.Data.Normalize);
        Assert.Equal((64, 4, 10), (settings.Training.GlobalBatchSize, settings.Data.LoaderThreads, phase.Epochs));
        Assert.Equal(new OptimizerSettings { Type = OptimizerType.Sgd, LearningRate = 0.001, Momentum = 0.9 }, phase.Optimizer);
        Assert.Equal(ScheduleType.Constant, phase.Schedule.Type);
        Assert.Equal(new LossSettings(0, new ClassWeights.None()), settings.Training.Loss);
        Assert.NotNull(settings.Data.Test);
    }

    [Fact]
    public void The_classic_recipe_takes_data_and_weights_from_the_environment()
    {
        var sources = new MemorySources { Variables = { ["ACTORTRAINER_DATA"] = "/pictures", ["RESNET50_WEIGHTS"] = "weights/resnet50.pth" } };
        var settings = Read("resnet50-transfer", sources).Configuration!.Settings;
        Assert.Equal(("/pictures/train", "/pictures/test"), (settings.Data.Train, settings.Data.Test));
        Assert.Equal(new PretrainedSource.File("/working/weights/resnet50.pth"), settings.Model.Pretrained);
    }

    [Fact]
    public void Pretraining_and_transfer_see_different_classes_in_one_file()
    {
        var phases = Read("pretrain-then-transfer").Configuration!.Settings.Training.Phases;
        Assert.Equal(["pretrain", "head", "fine-tune"], phases.Select(phase => phase.Name));
        Assert.Empty(phases[0].Data.Classes!.Value.Intersect(phases[1].Data.Classes!.Value));
        Assert.Equal<string>(phases[1].Data.Classes!.Value, phases[2].Data.Classes!.Value);
    }

    private static ExperimentReading Read(string name, MemorySources? sources = null)
    {
        sources ??= new MemorySources();
        string path = Path.Combine(Folder, $"{name}.conf");
        sources.Files[path] = File.ReadAllText(path);
        return ExperimentFile.Read(path, sources: sources);
    }
}
