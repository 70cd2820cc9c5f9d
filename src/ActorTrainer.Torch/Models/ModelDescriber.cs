using System.Collections.Immutable;
using System.Globalization;
using ActorTrainer.Core.Data;
using ActorTrainer.Core.Experiments;
using ActorTrainer.Core.Models;
using ActorTrainer.Core.Training;
using ActorTrainer.Torch.Onnx;
using ActorTrainer.Torch.Weights;
using static TorchSharp.torch;

namespace ActorTrainer.Torch.Models;

/// <summary>
/// From an experiment to each phase's model, checked by building it: all that an experiment can ask in vain of a model is refused here, before training.
/// </summary>
public static class ModelDescriber
{
    private static readonly InputNormalization ImageNet = new([0.485, 0.456, 0.406], [0.229, 0.224, 0.225]);

    /// <summary>
    /// Throws <see cref="EngineException"/>: an unknown architecture, an image size that the model can't take, a pattern that names nothing.
    /// Tensors of a pretrained file are not read; see <see cref="TryFirstWeights"/>.
    /// </summary>
    public static ImmutableArray<PhaseJob> Describe(ExperimentSettings settings, ImmutableArray<ImmutableArray<string>> classesByPhase, IWeightSource weights)
    {
        var origin = Origin(settings.Model, weights);
        var jobs = ImmutableArray.CreateBuilder<PhaseJob>();
        Dictionary<string, long[]>? before = null;
        for (int i = 0; i < settings.Training.Phases.Length; i++)
        {
            var phase = settings.Training.Phases[i];
            string where = string.Create(CultureInfo.InvariantCulture, $"experiment.training.phases.{i}");
            var data = phase.Data;
            var description = new ModelDescription(origin.Architecture, origin.GraphLocation, classesByPhase[i], data.Channels, data.ImageSize,
                settings.Model.Dropout, Normalize(data, origin), data.Evaluate, data.Background)
            {
                Decode = data.Decode,
            };
            if (description.Normalize is { BuiltIn: false, Mean.Length: var channels } && channels != data.Channels)
                throw new EngineException($"{where}: data.normalize has {channels} means, but data.channels is {data.Channels}.");
            using var scope = NewDisposeScope();
            using var model = ModelFactory.Build(description, new(new RandomContext()));
            CheckPatterns(phase, model, where);
            var shapes = model.state_dict().Where(entry => !model.IsHead(entry.Key)).ToDictionary(entry => entry.Key, entry => entry.Value.shape);
            CheckSuccession(before, shapes, where);
            before = shapes;
            jobs.Add(new(phase, description, phase.Features is null ? 0 : model.FeatureCount * (settings.Training.Precision == Precision.Fp64 ? sizeof(double) : sizeof(float))));
        }

        return jobs.ToImmutable();
    }

    /// <summary>Builds the model and gives it the weights that training begins with. Throws <see cref="EngineException"/> where they do not fit.</summary>
    /// <returns>What a person should know of them.</returns>
    public static ImmutableArray<string> TryFirstWeights(ModelSettings model, ModelDescription description, ulong seed, IWeightSource weights)
    {
        if (model.Pretrained is null) return [];
        using var scope = NewDisposeScope();
        using var built = ModelFactory.Build(description, new(new RandomContext()));
        return PretrainedWeights.Apply(built, model, description, seed, weights);
    }

    /// <summary>What the first weights say of the model.</summary>
    /// <param name="Normalize">The weights' own; null: not known.</param>
    private sealed record ModelOrigin(string Architecture, string? GraphLocation, InputNormalization? Normalize);

    private static ModelOrigin Origin(ModelSettings model, IWeightSource weights)
    {
        const string Key = "experiment.model";
        switch (model.Pretrained)
        {
            case PretrainedSource.Builtin builtin:
                return Graph(OnnxFile.BuiltinLocation(builtin.Name));
            case PretrainedSource.File file when Path.GetExtension(file.Location).Equals(".onnx", StringComparison.OrdinalIgnoreCase):
                return Graph(file.Location);
            case PretrainedSource.Run run:
                var source = weights.OfRun(run.Name, run.Selector).Description;
                if (model.Architecture is { } other && other != source.Architecture)
                    throw new EngineException($"{Key}.architecture is {other}, but run:{run.Name} is {source.Architecture}.");
                return new(source.Architecture, source.GraphLocation, source.Normalize);
            default:
                string name = model.Architecture ?? throw new EngineException(
                    $"{Key}.architecture is missing. Known: {string.Join(", ", ModelCatalog.Architectures.Select(known => known.Name))}.");
                return new(ModelCatalog.Find(name).Name, null, null);
        }

        ModelOrigin Graph(string location)
        {
            if (model.Architecture is not null) throw new EngineException($"{Key}.architecture is {model.Architecture}, but {location} brings its own; remove the key.");
            var file = OnnxFile.Open(location);
            return new(file.Architecture, location, file.Preprocess is null ? null : new([], [], BuiltIn: true));
        }
    }

    private static InputNormalization Normalize(DataSettings data, ModelOrigin origin) => data.Normalize switch
    {
        Normalization.Explicit(var mean, var std) => new(mean, std),
        Normalization.ImageNet => ImageNet,
        Normalization.None => Same(0, 1, data.Channels),
        _ when origin.Normalize is not null => origin.Normalize,
        _ => data.Channels == 3 ? ImageNet : Same(0.5, 0.5, data.Channels),
    };

    private static InputNormalization Same(double mean, double std, int channels) =>
        new([.. Enumerable.Repeat(mean, channels)], [.. Enumerable.Repeat(std, channels)]);

    private static void CheckPatterns(PhaseSettings phase, ImageModel model, string where)
    {
        foreach (string pattern in phase.Trainable) ParameterGroups.Require(pattern, model, $"{where}.trainable");
        foreach (var (pattern, _) in phase.LearningRateScale) ParameterGroups.Require(pattern, model, $"{where}.learning-rate-scale");
    }

    /// <summary>All but the head passes from phase to phase.</summary>
    private static void CheckSuccession(Dictionary<string, long[]>? before, Dictionary<string, long[]> shapes, string where)
    {
        if (before is null) return;
        string? misfit = shapes.Keys.FirstOrDefault(name => !before.TryGetValue(name, out long[]? shape) || !shape.AsSpan().SequenceEqual(shapes[name]));
        if (misfit is not null)
            throw new EngineException($"{where}.data: with this image-size or channels the model's '{misfit}' has another shape than in the phase before; use the same.");
    }
}
