using ActorTrainer.Actors.Serialization;
using ActorTrainer.Core.Experiments;

namespace ActorTrainer.Actors.Nodes;

/// <summary>What a <see cref="NodeActor"/> understands besides <see cref="Training.SeatProtocol.IForSeat"/>.</summary>
public static class NodeProtocol
{
    /// <summary>Where <c>/user/node</c> stands in each process.</summary>
    public const string ActorName = "node";

    /// <summary>
    /// Evaluate checkpoints of this experiment. Answered by <see cref="EvaluatorReady"/> under the evaluator's own name, to which
    /// <see cref="Evaluation.EvaluatorProtocol.Evaluate"/> goes from then on, or <see cref="EvaluatorRefused"/>.
    /// </summary>
    public sealed record OpenEvaluator(ExperimentDefinition Definition) : IWireMessage;

    public sealed record EvaluatorReady(ExperimentName Experiment) : IWireMessage;

    /// <summary>It can't evaluate, or broke down. The reason is for a person.</summary>
    public sealed record EvaluatorRefused(ExperimentName Experiment, string Reason) : IWireMessage;

    /// <summary>The experiment has left this node, seat and evaluator both.</summary>
    public sealed record LeaveExperiment(ExperimentName Experiment) : IWireMessage;
}
