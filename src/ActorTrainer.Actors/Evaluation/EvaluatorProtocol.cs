using System.Text.Json.Serialization;
using ActorTrainer.Actors.Serialization;
using ActorTrainer.Core.Evaluation;
using ActorTrainer.Core.Experiments;

namespace ActorTrainer.Actors.Evaluation;

/// <summary>What an <see cref="EvaluatorActor"/> understands, and what it says to whoever asked.</summary>
public static class EvaluatorProtocol
{
    /// <summary>Evaluate this checkpoint, after those asked for before. Answered by <see cref="EvaluationCompleted"/> or <see cref="EvaluationFailed"/>.</summary>
    /// <param name="Phase">Whose validation set it is; null: the test set.</param>
    /// <param name="Trace">The experiment's span as <c>traceparent</c>; null: it has none.</param>
    public sealed record Evaluate(CheckpointId Checkpoint, int? Phase, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Trace = null) : IWireMessage;

    public sealed record EvaluationCompleted(CheckpointId Checkpoint, int? Phase, EvaluationMetrics Metrics) : IWireMessage;

    /// <param name="Damaged">The checkpoint's files do not verify.</param>
    public sealed record EvaluationFailed(CheckpointId Checkpoint, int? Phase, string Reason, bool Damaged) : IWireMessage;

    /// <summary>A file of the set that can't be decoded and does not count.</summary>
    public sealed record SampleSkipped(int? Phase, string Path, string Reason) : IWireMessage;
}
