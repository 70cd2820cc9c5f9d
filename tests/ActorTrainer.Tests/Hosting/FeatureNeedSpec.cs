using System.Collections.Immutable;
using ActorTrainer.Core.Data;
using ActorTrainer.Core.Experiments;
using ActorTrainer.Core.Training;
using ActorTrainer.Hosting;

namespace ActorTrainer.Tests.Hosting;

/// <summary>10,000 samples of 1,008 bytes and a little: 10 MiB a variant.</summary>
public sealed class FeatureNeedSpec
{
    [Theory]
    [InlineData(1, 5, 10)]
    [InlineData(3, 5, 30)]
    [InlineData(8, 5, 50)]       // only five of them are ever used
    public void It_is_all_variants_that_are_used(int variants, int epochs, int mebibytes)
    {
        var need = Of(variants, epochs, cache: 50, out var notices);
        Assert.Equal(mebibytes, Math.Round(need.Bytes / 1048576.0));
        Assert.Empty(notices);
    }

    [Fact]
    public void Variants_that_push_each_other_out_are_told_and_take_no_more_than_the_budget()
    {
        var need = Of(variants: 3, epochs: 5, cache: 20, out var notices);
        Assert.Equal(20 << 20, need.Bytes);
        Assert.Contains("resources.feature-cache-mib is 20, but the features of phase 'head' take 10 MiB a variant, 30 in all", Assert.Single(notices), StringComparison.Ordinal);
    }

    [Fact]
    public void A_cache_that_cannot_have_one_is_refused()
    {
        var refused = Assert.Throws<DataException>(() => Of(variants: 3, epochs: 5, cache: 9, out _));
        Assert.Contains("raise it to 30", refused.Message, StringComparison.Ordinal);
    }

    private static FeatureNeed Of(int variants, int epochs, int cache, out ImmutableArray<string> notices)
    {
        var settings = ExperimentFile.Parse($$"""
            experiment {
              data.train = /pictures, model.architecture = resnet18, resources.feature-cache-mib = {{cache}}
              training.phases = [ { name = head, epochs = {{epochs}}, trainable = [head], batch-norm = frozen, features.variants = {{variants}} }, { epochs = 1 } ]
            }
            """, "x.conf").Configuration!.Settings;
        var plan = new TrainingPlan([.. settings.Training.Phases.Select(phase => new PhasePlan(phase, new(1, [.. Enumerable.Range(0, 10_000)], 32, LastBatch.Keep), ["a", "b"]))], 1, null);
        return FeatureNeed.Of(settings, plan, [.. settings.Training.Phases.Select(phase => new PhaseJob(phase, null!, phase.Features is null ? 0 : 1_032))], out notices);
    }
}
