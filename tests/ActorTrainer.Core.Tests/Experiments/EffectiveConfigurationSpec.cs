using ActorTrainer.Core.Experiments;
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
