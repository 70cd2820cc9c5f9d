using ActorTrainer.Core.Data;
using ActorTrainer.Core.Experiments;
using ActorTrainer.Core.Models;
using ActorTrainer.Core.Training;

namespace ActorTrainer.Core.Tests.Experiments;

public class ExperimentFileSpec
{
    private const string Minimal = """
        experiment {
          data { train = "data/pictures" }
          model { architecture = resnet18 }
          training { phases = [ { epochs = 3 } ] }
        }
        """;

    [Fact]
    public void A_minimal_file_gets_defaults_that_train()
    {
        var settings = Valid(Minimal);
        Assert.Equal("minimal", settings.Name.Value);
        Assert.Equal("/files/data/pictures", settings.Data.Train);
        Assert.Equal(new ValidationSource.None(), settings.Data.Validation);
        Assert.Equal<ImageTransform>([new ImageTransform.Resize(256), new ImageTransform.CenterCrop(224, 224)], settings.Data.Evaluate);
        Assert.Equal<ImageTransform>(settings.Data.Evaluate, settings.Data.Augment);
        Assert.Equal(32, settings.Training.GlobalBatchSize);
        var phase = Assert.Single(settings.Training.Phases);
        Assert.Equal(("train", 3), (phase.Name, phase.Epochs));
        Assert.Equal<string>(["all"], phase.Trainable);
        Assert.Equal(new OptimizerSettings { Type = OptimizerType.Sgd, LearningRate = 0.01, Momentum = 0.9 }, phase.Optimizer);
        Assert.Equal(ScheduleType.Constant, phase.Schedule.Type);
    }

    [Fact]
    public void A_phase_inherits_all_that_it_does_not_change()
    {
        var settings = Valid("""
            experiment {
              data { train = a, classes = [x, y], image-size = 96 }
              model { pretrained = "run:source@best" }
              training {
                optimizer { learning-rate = 0.1, nesterov = true }
                phases = [
                  { epochs = 1, trainable = head }
                  { epochs = 2, optimizer { type = adamw, weight-decay = 0.05 }, data { train = b, classes = [z, y, x] }, schedule { type = cosine } }
                ]
              }
            }
            """);
        Assert.Equal(new PretrainedSource.Run("source", "best"), settings.Model.Pretrained);
        var (head, rest) = (settings.Training.Phases[0], settings.Training.Phases[1]);
        Assert.Equal(("phase-1", "phase-2"), (head.Name, rest.Name));
        Assert.Same(settings.Data, head.Data);
        Assert.True(head.Optimizer is { Nesterov: true, LearningRate: 0.1, Momentum: 0.9 });
        Assert.Equal(new OptimizerSettings { Type = OptimizerType.AdamW, LearningRate = 0.1, WeightDecay = 0.05 }, rest.Optimizer);
        Assert.Equal(("/files/b", 96), (rest.Data.Train, rest.Data.ImageSize));
        Assert.Equal<string>(["x", "y", "z"], rest.Data.Classes!.Value);
        Assert.Equal(ScheduleType.Cosine, rest.Schedule.Type);
    }

    [Theory]
    [InlineData("My Photos (2).conf", "my-photos--2")]
    [InlineData("ResNet18.conf", "resnet18")]
    [InlineData("_v2.1_.conf", "v2.1")]
    public void A_file_name_that_can_not_be_a_runs_is_tamed_and_it_says_so(string file, string name)
    {
        var reading = ExperimentFile.Parse(Minimal, $"/files/{file}", sources: new MemorySources());
        Assert.Empty(reading.Errors);
        Assert.Equal(name, reading.Configuration!.Settings.Name.Value);
        Assert.Contains($"the run is called '{name}'", Assert.Single(reading.Warnings).ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("journal.conf")]
    [InlineData("---.conf")]
    public void Where_nothing_tame_is_left_a_name_is_asked_for(string file) => Assert.Contains(
        "set a name", Assert.Single(ExperimentFile.Parse(Minimal, $"/files/{file}", sources: new MemorySources()).Errors).ToString(), StringComparison.Ordinal);

    [Fact]
    public void A_file_that_is_not_there_is_one_clear_error()
    {
        var error = Assert.Single(ExperimentFile.Read("/files/nowhere.conf", sources: new MemorySources()).Errors);
        Assert.Equal("/files/nowhere.conf: there is no such file", error.ToString());
    }

    private static ExperimentSettings Valid(string text)
    {
        var reading = ExperimentFile.Parse(text, "/files/minimal.conf", sources: new MemorySources());
        Assert.Empty(reading.Errors);
        return reading.Configuration!.Settings;
    }
}
