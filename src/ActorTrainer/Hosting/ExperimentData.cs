using System.Collections.Immutable;
using ActorTrainer.Core.Data;
using ActorTrainer.Core.Experiments;
using ActorTrainer.Core.Training;

namespace ActorTrainer.Hosting;

/// <summary>One phase's samples, drawn and checked.</summary>
/// <param name="Train">The whole training set; <paramref name="TrainSamples"/> of it are trained on.</param>
/// <param name="Validation">Where validation samples come from: the training set itself where a share of it was drawn.</param>
internal sealed record PhaseSamples(
    DataSettings Settings, IDataSet Train, ImmutableArray<int> TrainSamples, IDataSet? Validation, ImmutableArray<int> ValidationSamples)
{
    public ImmutableArray<string> Classes => Train.Manifest.Classes;
}

/// <summary>
/// An experiment's data sets, opened once each, and the sources that decode them. Everything about the data that can be refused is refused in
/// <see cref="Open"/>, before training starts.
/// </summary>
internal sealed class ExperimentData : IExperimentData
{
    private readonly ExperimentSettings _settings;
    private readonly IDataReader _reader;
    private readonly Dictionary<(string Location, string? Classes), IDataSet> _sets = [];
    private readonly Dictionary<SourceKey, IBatchSource> _sources = [];
    private readonly Lock _lock = new();

    private ExperimentData(ExperimentSettings settings, IDataReader reader) => (_settings, _reader) = (settings, reader);

    public ImmutableArray<PhaseSamples> Phases { get; private set; } = [];

    public IDataSet? TestSet { get; private set; }

    /// <summary>For a person: classes that the test set lacks, files that are left out.</summary>
    public ImmutableArray<string> Notices { get; private set; } = [];

    /// <summary>Lists, hashes, checks and splits. Throws <see cref="DataException"/>.</summary>
    public static ExperimentData Open(ExperimentSettings settings, IDataReader reader, IProgress<DataProgress>? progress, CancellationToken cancel)
    {
        var data = new ExperimentData(settings, reader);
        try
        {
            var notices = ImmutableArray.CreateBuilder<string>();
            data.Phases = [.. settings.Training.Phases.Select(phase => data.OpenPhase(phase.Data, notices, progress, cancel))];
            if (settings.Training.Phases[^1].Data is { Test: { } test } last)
                data.TestSet = data.OpenHeldOut(test, last, data.Phases[^1].Classes, notices, progress, cancel);
            data.Notices = [.. notices.Distinct()];
            return data;
        }
        catch
        {
            data.Dispose();
            throw;
        }
    }

    public IBatchSource Training(int phase) => Source(Phases[phase].Train, TrainingOptions(phase));

    public IFeatureSource Features(int phase, string backbone, int featureBytes)
    {
        var features = _settings.Training.Phases[phase].Features ?? throw new ArgumentException($"Phase {phase} trains on pictures.", nameof(phase));
        var samples = Phases[phase];
        return _reader.OpenFeatures(samples.Train, new(TrainingOptions(phase), new(samples.TrainSamples, features.BlockSize), backbone, featureBytes,
            (long)_settings.Resources.FeatureCacheMebibytes << 20));
    }

    public string PathOf(int phase, int sample) => Phases[phase].Train.Manifest.Samples[sample].Path;

    public EvaluationSet? Validation(int phase) => Phases[phase] is { Validation: { } set } samples && !samples.ValidationSamples.IsEmpty
        ? new(Source(set, EvaluationOptions(samples)), samples.ValidationSamples)
        : null;

    public EvaluationSet? Test => TestSet is { } set
        ? new(Source(set, EvaluationOptions(Phases[^1])), [.. Enumerable.Range(0, set.Manifest.Samples.Length)])
        : null;

    public void Dispose()
    {
        foreach (var source in _sources.Values) source.Dispose();
        foreach (var set in _sets.Values) set.Dispose();
        _sources.Clear();
        _sets.Clear();
    }

    private PhaseSamples OpenPhase(DataSettings data, ImmutableArray<string>.Builder notices, IProgress<DataProgress>? progress, CancellationToken cancel)
    {
        var train = OpenSet(data.Train, data.Classes, progress, cancel);
        DataChecks.RequireTrainable(train, data.OnCorruptFile);
        foreach (var problem in train.Problems) notices.Add($"{problem.Path} is left out: {problem.Reason}");
        switch (data.Validation)
        {
            case ValidationSource.Share share:
                var (trainSamples, validationSamples) = Split.ByShare(train.Manifest, share.Fraction, _settings.Seed);
                return new(data, train, trainSamples, train, validationSamples);
            case ValidationSource.At at:
                var validation = OpenHeldOut(at.Location, data, train.Manifest.Classes, notices, progress, cancel);
                return new(data, train, All(train), validation, All(validation));
            default:
                return new(data, train, All(train), null, []);
        }
    }

    /// <summary>A validation or test set: its classes must be known to training; the reverse is only said.</summary>
    private IDataSet OpenHeldOut(
        string location, DataSettings data, ImmutableArray<string> classes, ImmutableArray<string>.Builder notices, IProgress<DataProgress>? progress, CancellationToken cancel)
    {
        var set = OpenSet(location, data.Classes, progress, cancel);
        if (data.OnCorruptFile == CorruptFilePolicy.Fail) DataChecks.RequireReadable(set);
        foreach (var problem in set.Problems) notices.Add($"{problem.Path} is left out: {problem.Reason}");
        if (DataChecks.RequireKnownClasses(set, classes) is { IsEmpty: false } missing)
            notices.Add($"{location} has no sample of {string.Join(", ", missing)}");
        return set;
    }

    private IDataSet OpenSet(string location, ImmutableArray<string>? classes, IProgress<DataProgress>? progress, CancellationToken cancel)
    {
        var key = (location, classes is { } named ? string.Join('/', named) : null);
        if (!_sets.TryGetValue(key, out var set)) _sets[key] = set = _reader.Open(location, classes, progress, cancel);
        return set;
    }

    /// <summary>Features keep the checksums of their pictures, whether a ledger is asked for or not.</summary>
    private BatchSourceOptions TrainingOptions(int phase)
    {
        var samples = Phases[phase];
        return Options(samples, samples.Settings.Augment) with
        {
            ClassWeights = Weights(samples),
            Checksums = samples.Settings.Ledger || _settings.Training.Phases[phase].Features is not null,
            CacheBytes = (samples.Settings.CacheMebibytes ?? 0L) << 20,
        };
    }

    private BatchSourceOptions EvaluationOptions(PhaseSamples samples) => Options(samples, samples.Settings.Evaluate);

    private BatchSourceOptions Options(PhaseSamples samples, ImmutableArray<ImageTransform> transforms)
    {
        var data = samples.Settings;
        return new(transforms, data.Channels, data.ImageSize, data.Background, data.OnCorruptFile, [], _settings.Seed, data.LoaderThreads ?? Environment.ProcessorCount,
            LabelClasses: samples.Classes)
        {
            Decode = data.Decode,
        };
    }

    private IBatchSource Source(IDataSet set, BatchSourceOptions options)
    {
        lock (_lock)
        {
            var key = new SourceKey(set, string.Join('|', options.Transforms), string.Join('/', options.LabelClasses), string.Join('|', options.ClassWeights),
                options with { Transforms = [], ClassWeights = [], LabelClasses = [] });
            if (!_sources.TryGetValue(key, out var source)) _sources[key] = source = _reader.OpenBatches(set, options);
            return source;
        }
    }

    /// <summary>A weight for each class of the training samples; empty: all 1.</summary>
    private ImmutableArray<float> Weights(PhaseSamples samples)
    {
        switch (_settings.Training.Loss.ClassWeights)
        {
            case ClassWeights.Balanced:
                int[] counts = new int[samples.Classes.Length];
                foreach (int sample in samples.TrainSamples) counts[samples.Train.Manifest.Samples[sample].Class]++;
                return [.. counts.Select(count => count == 0 ? 0 : (float)((double)samples.TrainSamples.Length / (samples.Classes.Length * (double)count)))];
            case ClassWeights.Explicit named:
                if (named.ByClass.Keys.Except(samples.Classes).ToArray() is { Length: > 0 } unknown)
                    throw new DataException($"training.loss.class-weights names {string.Join(", ", unknown)}, which {samples.Train.Location} does not have.");
                return [.. samples.Classes.Select(name => (float)named.ByClass.GetValueOrDefault(name, 1))];
            default:
                return [];
        }
    }

    private static ImmutableArray<int> All(IDataSet set) => [.. Enumerable.Range(0, set.Manifest.Samples.Length)];

    /// <summary>What makes two sources the same. Arrays compare by their text.</summary>
    private sealed record SourceKey(IDataSet Set, string Transforms, string Labels, string Weights, BatchSourceOptions Rest);
}
