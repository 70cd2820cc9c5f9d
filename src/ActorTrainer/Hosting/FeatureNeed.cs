using System.Collections.Immutable;
using ActorTrainer.Core.Data;
using ActorTrainer.Core.Experiments;
using ActorTrainer.Core.Training;

namespace ActorTrainer.Hosting;

/// <summary>The disk that the features of an experiment's phases take, at most.</summary>
/// <param name="Bytes">All variants that are used of the phase that has most.</param>
internal readonly record struct FeatureNeed(long Bytes)
{
    /// <summary>Hash, checksum and more of each row.</summary>
    private const int RowOverhead = 16;

    /// <summary>Throws <see cref="DataException"/> where the cache may not even have one variant: each batch would compute what the one before pushed out.</summary>
    /// <param name="notices">For a person: phases whose variants push each other out.</param>
    public static FeatureNeed Of(ExperimentSettings settings, TrainingPlan plan, ImmutableArray<PhaseJob> jobs, out ImmutableArray<string> notices)
    {
        long budget = (long)settings.Resources.FeatureCacheMebibytes << 20, most = 0;
        var tight = ImmutableArray.CreateBuilder<string>();
        foreach (var (phase, job) in plan.Phases.Zip(jobs))
        {
            if (phase.Settings.Features is not { } features) continue;
            long variant = (long)phase.Epochs.Samples.Length * (job.FeatureBytes + RowOverhead), all = variant * Math.Min(features.Variants, phase.Settings.Epochs);
            string what = $"resources.feature-cache-mib is {settings.Resources.FeatureCacheMebibytes}, but the features of phase '{phase.Settings.Name}' take {Mebibytes(variant)} MiB a variant";
            if (variant > budget) throw new DataException($"{what}: raise it to {Mebibytes(all)}, or remove features from the phase.");
            if (all > budget) tight.Add($"{what}, {Mebibytes(all)} in all: each epoch computes them anew, as without features.");
            most = Math.Max(most, Math.Min(all, budget));
        }

        notices = tight.ToImmutable();
        return new(most);
    }

    private static long Mebibytes(long bytes) => (bytes + (1 << 20) - 1) >> 20;
}
