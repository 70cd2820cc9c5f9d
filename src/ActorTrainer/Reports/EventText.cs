using ActorTrainer.Core.Experiments;
using ActorTrainer.Terminal;
using static ActorTrainer.Core.Experiments.ExperimentEvents;

namespace ActorTrainer.Reports;

/// <summary>The journal's events in words.</summary>
internal static class EventText
{
    /// <summary>Null for what is no news to a person.</summary>
    public static string? Of(IExperimentEvent happened) => happened switch
    {
        ExperimentCreated e => $"Created{(e.Definition.PretrainedHash is { } weights ? $", from weights {weights}" : "")}",
        GenerationStarted { Source: { } from } e => $"Generation {e.Generation} goes on from checkpoint {from}",
        GenerationStarted e => $"Generation {e.Generation} begins at step {e.From.Step}",
        OperationalSettingsChanged e => $"Changed: {string.Join(", ", e.Changes.Select(change => $"{change.Key} from {change.Old ?? "nothing"} to {change.New ?? "nothing"}"))}",
        SampleExcluded e => $"Left out of the {e.Set} set: {e.Path} ({e.Reason})",
        CheckpointCommitted e => $"Checkpoint {e.Checkpoint} ({Format.Bytes(e.Bytes)}){(e.Adopted ? ", found complete after a crash" : "")}",
        CheckpointLost e => $"Checkpoint {e.Checkpoint} is damaged: {e.Problem}",
        EvaluationRecorded e => $"Epoch {e.Row.Epoch}: validation top-1 {Format.Fraction(e.Row.Metrics.Top1)}, loss {Format.Loss(e.Row.Metrics.Loss)}",
        PhaseStopped e => $"Early stopping ends phase {e.Phase + 1}",
        TrainingFinished e => $"Training finished at step {e.Step}",
        TestRecorded e => $"Test of checkpoint {e.Checkpoint}: top-1 {Format.Fraction(e.Metrics.Top1)}, loss {Format.Loss(e.Metrics.Loss)}",
        ExperimentCompleted => "Completed",
        ExperimentPaused e => $"Stopped on request at step {e.Step}, everything saved",
        ExperimentFailed e => $"Failed: {e.Reason}",
        ExperimentCancelled => "Cancelled",
        _ => null,
    };
}
