using ActorTrainer.Core.Experiments;

namespace ActorTrainer.Core.Tests.Experiments;

public class OverrideSpec
{
    private const string Text = """
        rate = 0.1
        experiment {
          seed = 1
          data { train = pictures }
          model { architecture = resnet18 }
          training {
            optimizer { learning-rate = ${rate} }
            phases = [ { name = head, epochs = 1 }, { name = rest, epochs = 2 } ]
          }
        }
        """;

    [Fact]
    public void The_last_one_wins() => Assert.Equal(3ul, Valid("experiment.seed=2", "experiment.seed=3").Seed);

    [Fact]
    public void A_number_in_the_path_changes_that_entry_only()
    {
        var phases = Valid("experiment.training.phases.1.epochs=30").Training.Phases;
        Assert.Equal([("head", 1), ("rest", 30)], phases.Select(phase => (phase.Name, phase.Epochs)));
    }

    [Fact]
    public void It_comes_after_substitutions() =>
        Assert.All(Valid("rate=7").Training.Phases, phase => Assert.Equal(0.1, phase.Optimizer.LearningRate));

    [Fact]
    public void Its_value_is_hocon_and_objects_merge()
    {
        var settings = Valid("experiment.data={ classes = [b, a], channels : 1 }", " experiment.data . \"image-size\" = 32 ".Replace(" . ", ".", StringComparison.Ordinal));
        Assert.Equal(("/files/pictures", 1, 32), (settings.Data.Train, settings.Data.Channels, settings.Data.ImageSize));
        Assert.Equal<string>(["a", "b"], settings.Data.Classes!.Value);
    }

    [Fact]
    public void Its_relative_path_starts_from_the_working_folder_and_the_files_from_the_file()
    {
        Assert.Equal("/files/pictures", Valid().Data.Train);
        Assert.Equal("/working/mine", Valid("experiment.data.train=mine").Data.Train);
    }

    [Theory]
    [InlineData("experiment.training.phases.2.epochs=1", "--set:1:1: experiment.training.phases.2.epochs: experiment.training.phases has 2 entries, counted from 0: there is no 2")]
    [InlineData("experiment.training.phases.last.epochs=1", "experiment.training.phases is a list: expected a number instead of 'last'")]
    [InlineData("experiment.data.classes.0=x", "there is no list experiment.data.classes in the file for the index 0")]
    [InlineData("experiment.seed", "expected path=value, such as experiment.seed=7")]
    [InlineData("=1", "expected path=value")]
    [InlineData("experiment..seed=1", "not a key path before the '=': an element between dots is empty")]
    [InlineData("experiment.seed=", "--set:1:17: experiment.seed: expected a value, found the end of the file")]
    [InlineData("experiment.data.classes=[a, b", "--set:1:25: experiment.data.classes: this '[' is never closed")]
    [InlineData("experiment.seed=1 }", "expected the end of the value, found '}'")]
    [InlineData("experiment.seed=${HOME}", "${HOME} is not in the file")]
    [InlineData("experiment.model={ include \"x\" }", "an override can't include a file")]
    public void A_wrong_one_is_an_error_that_names_it(string change, string told) =>
        Assert.Contains(told, Assert.Single(Read(change).Errors).ToString(), StringComparison.Ordinal);

    private static ExperimentReading Read(params string[] overrides) => ExperimentFile.Parse(Text, "/files/any.conf", overrides, new MemorySources());

    private static ExperimentSettings Valid(params string[] overrides)
    {
        var reading = Read(overrides);
        Assert.Empty(reading.Errors);
        return reading.Configuration!.Settings;
    }
}
