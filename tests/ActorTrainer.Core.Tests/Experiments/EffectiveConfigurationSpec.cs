using ActorTrainer.Core.Data;
using ActorTrainer.Core.Experiments;
using ActorTrainer.Core.Training;
using CsCheck;

namespace ActorTrainer.Core.Tests.Experiments;

public class EffectiveConfigurationSpec
{
    [Fact]
    public void Its_text_reads_back_to_the_same_settings_whatever_they_are() => Some.AnySettings.Sample(
        settings =>
        {
            var configuration = new ExperimentConfiguration(settings);
            var reading = ExperimentFile.Parse(configuration.Text, "/elsewhere/effective.conf", sources: ConfigurationSources.Isolated);
            Assert.Empty(reading.Errors);
            Assert.Equal(Dump.Of(settings), Dump.Of(reading.Configuration!.Settings));
            Assert.Equal(configuration.Text, reading.Configuration.Text);
            Assert.Equal(configuration.Hash, reading.Configuration.Hash);
        },
        iter: 1_000, print: settings => new ExperimentConfiguration(settings).Text);

    [Fact]
    public void Its_entries_are_sorted_unique_and_all_in_the_reference() => Some.AnySettings.Sample(
        settings =>
        {
            string[] keys = [.. new ExperimentConfiguration(settings).Entries.Select(entry => entry.Key)];
            Assert.Equal(keys.Distinct().Order(StringComparer.Ordinal), keys);
        },
        iter: 100);

    [Theory]
    [InlineData(PictureDecoding.Exact, PictureDecoding.Exact, new string[0])]
    [InlineData(PictureDecoding.Fast, PictureDecoding.Exact, new[] { "experiment.data.decode", "experiment.training.phases.1.data.decode" })]
    [InlineData(PictureDecoding.Exact, PictureDecoding.Fast, new[] { "experiment.training.phases.1.data.decode" })]
    public void Decoding_is_only_named_where_it_is_not_what_it_always_was(PictureDecoding first, PictureDecoding second, string[] expected)
    {
        var settings = Some.Settings();
        var data = settings.Data with { Decode = first };
        var phases = settings.Training.Phases.Select((phase, i) => phase with { Data = phase.Data with { Decode = i == 1 ? second : first } });
        var configuration = new ExperimentConfiguration(settings with { Data = data, Training = settings.Training with { Phases = [.. phases] } });
        Assert.Equal(expected, configuration.Entries.Select(entry => entry.Key).Where(key => key.EndsWith(".decode", StringComparison.Ordinal)));
        Assert.Equal(expected.Length == 0, configuration.Hash == new ExperimentConfiguration(settings).Hash);
        Assert.Equal(Dump.Of(configuration.Settings), Dump.Of(ExperimentFile.Parse(configuration.Text, "/elsewhere/effective.conf", sources: ConfigurationSources.Isolated).Configuration!.Settings));
    }

    [Fact]
    public void The_precision_of_gradients_is_only_named_where_it_is_not_what_it_always_was()
    {
        const string key = "experiment.training.gradients";
        var settings = Some.Settings();
        var full = new ExperimentConfiguration(settings);
        var rounded = new ExperimentConfiguration(settings with { Training = settings.Training with { Gradients = GradientPrecision.Bf16 } });
        Assert.DoesNotContain(full.Entries, entry => entry.Key == key);
        Assert.Equal("bf16", Assert.Single(rounded.Entries, entry => entry.Key == key).Value);
        Assert.NotEqual(full.Hash, rounded.Hash);
    }

    [Fact]
    public void A_difference_names_the_key_both_values_and_whether_the_result_changes()
    {
        var settings = Some.Settings();
        var changed = settings with
        {
            Seed = 2,
            Data = settings.Data with { Prefetch = 9, Train = "/moved/train" },
            Training = settings.Training with { Phases = [settings.Training.Phases[0]] },
        };
        var changes = ConfigurationDiff.Between(new(settings), new(changed));
        var seed = Assert.Single(changes, change => change.Key == "experiment.seed");
        Assert.Equal("experiment.seed: 1 -> 2", seed.ToString());
        Assert.True(seed.ChangesResult);
        Assert.False(Assert.Single(changes, change => change.Key == "experiment.data.prefetch").ChangesResult);
        Assert.False(Assert.Single(changes, change => change.Key == "experiment.data.train").ChangesResult);
        Assert.Equal("experiment.training.phases.1.epochs: 2 -> (not set)", Assert.Single(changes, change => change.Key == "experiment.training.phases.1.epochs").ToString());
        Assert.Empty(ConfigurationDiff.Between(new(settings), new(settings)));
    }
}
