using ActorTrainer.Core.Experiments;

namespace ActorTrainer.Core.Registry;

/// <summary>A version of a model.</summary>
/// <param name="Model">The name of the experiment that it came of.</param>
/// <param name="Version">By content: it stays when the run is set aside under another name.</param>
public readonly record struct ModelVersionId(ExperimentName Model, string Version)
{
    public override string ToString() => $"{Model}:{Version}";
}
