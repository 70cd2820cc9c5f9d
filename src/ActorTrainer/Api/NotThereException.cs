using ActorTrainer.Core.Registry;

namespace ActorTrainer.Api;

/// <summary>Somebody names what there is not. The message is for him.</summary>
internal sealed class NotThereException(string message) : Exception(message)
{
    public static NotThereException Model(string name) => new($"There is no model '{name}': a completed run is a model of its own name.");

    public static NotThereException Version(RegisteredModel model, string version) =>
        new($"The model '{model.Name}' has no version '{version}'. It has: {string.Join(", ", model.Versions.Select(known => known.Id.Version))}.");
}
