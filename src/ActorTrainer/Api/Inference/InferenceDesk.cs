using System.Collections.Immutable;
using System.Reflection;
using ActorTrainer.Core.Evaluation;
using ActorTrainer.Core.Registry;
using ActorTrainer.Registry;
using ActorTrainer.Serving;

namespace ActorTrainer.Api.Inference;

/// <summary>What a tensor of a model looks like.</summary>
/// <param name="Shape">-1: any.</param>
internal sealed record TensorMetadata(string Name, string Datatype, ImmutableArray<int> Shape);

internal sealed record ModelMetadata(string Name, ImmutableArray<string> Versions, string Platform, ImmutableArray<TensorMetadata> Inputs, ImmutableArray<TensorMetadata> Outputs);

/// <summary>
/// What the Open Inference Protocol, version 2, says of a server and its models, in whatever way it is spoken. A model has one input, <c>image</c>, of pixels as its
/// own transforms leave them, and two outputs: the probability of every class, and the classes' labels. Throws <see cref="NotThereException"/> for models and
/// versions that there are not.
/// </summary>
internal sealed class InferenceDesk(ModelRegistry registry, PredictionService service, Func<bool> isReady)
{
    public const string Server = "actortrainer";
    private const string Platform = "actortrainer_safetensors";

    /// <summary>What goes beyond the protocol, by the names that Triton gave it.</summary>
    public static ImmutableArray<string> Extensions { get; } = ["binary_tensor_data", "classification"];

    public static string Version { get; } = typeof(InferenceDesk).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+')[0];

    public bool IsReady => isReady();

    /// <param name="version">Null: all of them.</param>
    public ModelMetadata Describe(string name, string? version)
    {
        var (model, exactly) = Find(name, version);
        var description = registry.Describe(exactly ?? model.Answering).Model;
        return new(name, version is null ? [.. model.Versions.Select(known => known.Id.Version)] : [version], Platform,
            [new(InferenceRequest.Input, InferenceRequest.InputType, [-1, description.ImageSize, description.ImageSize, description.Channels])],
            [new(InferenceRequest.Probabilities, OutputTensor.NumberType, [-1, description.Classes.Length]), new(InferenceRequest.Labels, OutputTensor.TextType, [-1, description.Classes.Length])]);
    }

    /// <summary>Whoever asks wants to use it: what is not loaded begins to load.</summary>
    public async Task<bool> IsLoadedAsync(string name, string? version)
    {
        var (model, exactly) = Find(name, version);
        return (await service.FindAsync(model, exactly).ConfigureAwait(false)).IsReady;
    }

    /// <param name="read">Asked for once the model is found.</param>
    /// <param name="routingKey">Of the sender; null: none.</param>
    public async Task<InferenceResponse> InferAsync(string name, string? version, Func<Task<InferenceRequest>> read, string? routingKey, Deadline deadline, CancellationToken cancel)
    {
        var (model, exactly) = Find(name, version);
        var request = await read().ConfigureAwait(false);
        var found = await service.FindAsync(model, exactly, routingKey).ConfigureAwait(false);
        var pictures = request.PicturesFor(found.Description);
        float[] logits = await PredictionService.AnswerAsync(found, pictures, deadline.Sooner(request.Patience), cancel).ConfigureAwait(false);
        var labels = found.Description.Classes;
        float[] probabilities = Probabilities(logits, labels.Length);
        return new(found.Version.Id, request.Id, [.. request.Outputs.Select(wanted => OutputTensor.Of(wanted, probabilities, labels))]);
    }

    private (RegisteredModel Model, ModelVersion? Exactly) Find(string name, string? version)
    {
        var model = registry.Find(name) ?? throw NotThereException.Model(name);
        return (model, version is null ? null : model[version] ?? throw NotThereException.Version(model, version));
    }

    /// <summary>JSON has no number for what is none.</summary>
    private static float[] Probabilities(float[] logits, int classes)
    {
        float[] all = [.. Enumerable.Range(0, logits.Length / classes).SelectMany(row => Softmax.Of(logits.AsSpan(row * classes, classes))).Select(probability => (float)probability)];
        return all.Any(float.IsNaN) ? throw new ServingException(ServingProblem.Unavailable, "The model's answer is not a number: it was not trained well.") : all;
    }
}
