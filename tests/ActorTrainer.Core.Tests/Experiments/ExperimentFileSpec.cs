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
