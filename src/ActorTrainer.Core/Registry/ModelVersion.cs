using ActorTrainer.Core.Evaluation;
using ActorTrainer.Core.Experiments;

namespace ActorTrainer.Core.Registry;

/// <summary>What a completed run gave: its best checkpoint.</summary>
/// <param name="Run">The name that the run has now.</param>
public sealed record ModelVersion(ModelVersionId Id, ExperimentName Run, Experiment Experiment, CommittedCheckpoint Checkpoint)
{
    private const int VersionDigits = 12;

    /// <summary>Of the best checkpoint on the validation set; null: there is none.</summary>
    public EvaluationMetrics? Validation => Experiment.Evaluations.FirstOrDefault(row => row.Step == Checkpoint.Id.Step)?.Metrics;

    /// <summary>Of the same checkpoint on the test set; null: there is none.</summary>
    public EvaluationMetrics? Test => Experiment.Test is { } test && test.Checkpoint == Checkpoint.Id ? test.Metrics : null;

    /// <summary>Of both sets.</summary>
    public Measurements Measured => new(Validation, Test);

    /// <summary>When it is to answer, as its experiment says; null: a person decides.</summary>
    public PromotionRule? Rule { get; } =
        ExperimentFile.Parse(Experiment.Definition.EffectiveConfiguration, "effective.conf", sources: ConfigurationSources.Isolated).Configuration?.Settings.PromoteIf;

    /// <summary>Of the weights, where the journal knows it; null: they are not those that training ended with.</summary>
    public string? Digest => Experiment.Newest == Checkpoint ? Experiment.Digest : null;

    /// <summary>Null for a run that gives none: it has not completed, or its best checkpoint is gone.</summary>
    public static ModelVersion? Of(ExperimentName run, Experiment experiment) =>
        experiment is { Status: ExperimentStatus.Completed, Best: { } best } ? new(new(experiment.Definition.Name, best.Sha256[..VersionDigits]), run, experiment, best) : null;
}
