using System.Collections.Immutable;
using ActorTrainer.Core.Data;
using ActorTrainer.Core.Experiments;
using ActorTrainer.Core.Models;
using ActorTrainer.Core.Training;

namespace ActorTrainer.Hosting;

/// <summary>An experiment with everything resolved and checked: ready to be created or resumed.</summary>
internal sealed record PreparedExperiment(ExperimentSettings Settings, ExperimentDefinition Definition, TrainingPlan Plan, TrainingJob Job, ExperimentData Data) : IDisposable
{
    /// <summary>For a person: of the data, and of the first weights where training begins with them.</summary>
    public ImmutableArray<string> Notices { get; init; } = [];

    public FeatureNeed Features { get; init; }

    public void Dispose() => Data.Dispose();
}

/// <summary>From settings to a prepared experiment: data, model and device are looked at, and whatever can be refused is refused here.</summary>
internal sealed class ExperimentPreparation(IDataReader reader, IEngine engine, IWeightSource weights)
{
    /// <param name="earlier">A run of this name that is there already: what was automatic stays as it was resolved then.</param>
    /// <param name="fromCheckpoint">It goes on from one: the first weights are not looked at.</param>
    /// <param name="configuration">Hash, keys and text of the configuration.</param>
    public PreparedExperiment Prepare(
        ExperimentSettings settings, ConfigurationIdentity configuration, ExperimentDefinition? earlier, IProgress<DataProgress>? progress, CancellationToken cancel,
        bool fromCheckpoint = false)
    {
        var device = earlier?.Device ?? engine.Resolve(settings.Resources).For(settings.Training.Precision);
        int shards = earlier?.LogicalShards ?? settings.Training.LogicalShards ?? PowerOfTwo(settings.Resources.MaxTrainers);
        var data = ExperimentData.Open(settings, reader, progress, cancel);
        try
        {
            var phaseJobs = engine.Describe(settings, [.. data.Phases.Select(phase => phase.Classes)], weights);
            var plan = Plan(settings, data);
            var job = new TrainingJob(settings.Seed, settings.Model, settings.Training, phaseJobs, shards, device);
            var features = FeatureNeed.Of(settings, plan, phaseJobs, out var featureNotes);
            engine.Check(job, [.. plan.Phases.Select(BatchSizes)]);
            // Whoever goes on from a checkpoint begins with that; the file may be large, or gone.
            var weightNotes = fromCheckpoint ? [] : engine.TryFirstWeights(job, weights);
            var definition = new ExperimentDefinition(settings.Name, configuration.Hash, configuration.Settings, configuration.ResultKeys, configuration.EffectiveText, device, shards,
                [.. settings.Training.Phases.Select((phase, index) => Identify(phase, plan.Phases[index], data, index))],
                PretrainedIdentity.Of(settings.Model.Pretrained, weights), engine.Fingerprint(job, weights), plan.Steps);
            return new(settings, definition, plan, job, data) { Features = features, Notices = [.. data.Notices, .. weightNotes, .. featureNotes, .. IdleTrainers(settings, shards)] };
        }
        catch
        {
            data.Dispose();
            throw;
        }
    }

    /// <summary>Where the file names the shards, reading it has warned.</summary>
    private static IEnumerable<string> IdleTrainers(ExperimentSettings settings, int shards)
    {
        int idle = settings.Resources.MaxTrainers - shards;
        if (settings.Training.LogicalShards is null && idle > 0)
            yield return $"{idle} of {settings.Resources.MaxTrainers} trainers would stay idle: the run has {shards} logical shards since its first start.";
    }

    /// <summary>The plan of an experiment that was prepared elsewhere, for whoever counts steps and opens no data: its samples are numbers alone.</summary>
    public static TrainingPlan PlanOf(ExperimentSettings settings, ExperimentDefinition definition) => new(
        [
            .. settings.Training.Phases.Zip(definition.Phases, (phase, data) => new PhasePlan(phase,
                new EpochPlan(settings.Seed, [.. Enumerable.Range(0, data.Train.Samples)], settings.Training.GlobalBatchSize, settings.Training.LastBatch),
                data.Classes, settings.Evaluation.EarlyStopping is not null && data.Validation is not null)),
        ],
        settings.Evaluation.EveryEpochs, settings.Checkpoint.EverySteps);

    private static TrainingPlan Plan(ExperimentSettings settings, ExperimentData data)
    {
        var phases = settings.Training.Phases.Select((phase, index) =>
        {
            var samples = data.Phases[index];
            var epochs = new EpochPlan(settings.Seed, samples.TrainSamples, settings.Training.GlobalBatchSize, settings.Training.LastBatch);
            return epochs.StepsPerEpoch > 0
                ? new PhasePlan(phase, epochs, samples.Classes, settings.Evaluation.EarlyStopping is not null && !samples.ValidationSamples.IsEmpty)
                : throw new DataException($"{samples.Train.Location} has {samples.TrainSamples.Length} training samples, fewer than one batch of {settings.Training.GlobalBatchSize}: " +
                    "lower training.global-batch-size or set training.last-batch = keep.");
        });
        return new([.. phases], settings.Evaluation.EveryEpochs, settings.Checkpoint.EverySteps);
    }

    /// <summary>The sizes of batch that occur: the full one, and the last of an epoch.</summary>
    private static ImmutableArray<int> BatchSizes(PhasePlan phase) =>
        [.. new[] { phase.Epochs.Batch(0, 0).Length, phase.Epochs.Batch(0, phase.StepsPerEpoch - 1).Length }.Distinct()];

    private static PhaseData Identify(PhaseSettings phase, PhasePlan plan, ExperimentData data, int index)
    {
        var samples = data.Phases[index];
        bool last = index == data.Phases.Length - 1;
        return new(phase.Name, phase.Epochs, plan.StepsPerEpoch, samples.Classes,
            new(samples.Train.Location, samples.Train.Manifest.Hash, samples.TrainSamples.Length),
            samples.Validation is { } validation && !samples.ValidationSamples.IsEmpty ? new(validation.Location, validation.Manifest.Hash, samples.ValidationSamples.Length) : null,
            last && data.TestSet is { } test ? new(test.Location, test.Manifest.Hash, test.Manifest.Samples.Length) : null);
    }

    private static int PowerOfTwo(int trainers) => (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)trainers);
}

/// <summary>A configuration as the journal keeps it.</summary>
/// <param name="Hash">Over the result keys.</param>
/// <param name="Settings">Every key with its canonical value.</param>
/// <param name="ResultKeys">Those that the hash covers.</param>
internal sealed record ConfigurationIdentity(string Hash, ImmutableSortedDictionary<string, string> Settings, ImmutableSortedSet<string> ResultKeys, string EffectiveText)
{
    public static ConfigurationIdentity Of(ExperimentConfiguration configuration) => new(configuration.Hash,
        configuration.Entries.ToImmutableSortedDictionary(entry => entry.Key, entry => entry.Value, StringComparer.Ordinal),
        configuration.Entries.Where(entry => entry.Identity is not null).Select(entry => entry.Key).ToImmutableSortedSet(StringComparer.Ordinal), configuration.Text);
}

/// <summary>What the first weights are, by content: a changed file under the same name is another experiment.</summary>
internal static class PretrainedIdentity
{
    public static string? Of(PretrainedSource? source, IWeightSource weights) => source switch
    {
        PretrainedSource.File file => HashOf(file.Location),
        PretrainedSource.Builtin builtin => $"builtin:{builtin.Name}",
        PretrainedSource.Run run => StateDictDigest.Of(weights.OfRun(run.Name, run.Selector).Weights),
        _ => null,
    };

    private static string HashOf(string path)
    {
        try
        {
            using var stream = File.OpenRead(path);
            return Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(stream));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new EngineException($"The pretrained weights {path} can't be read: {e.Message}", e);
        }
    }
}
