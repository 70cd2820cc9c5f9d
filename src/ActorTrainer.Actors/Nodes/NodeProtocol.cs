using System.Collections.Immutable;
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

    /// <summary>Look at the data, the model and the device, and say what exactly this experiment is. Answered by <see cref="ExperimentResolved"/> or
    /// <see cref="ExperimentUnresolved"/>.</summary>
    /// <param name="Configuration">The effective configuration, all paths resolved.</param>
    /// <param name="Earlier">What it was resolved to before, if it is no new one: what was automatic stays.</param>
    public sealed record ResolveExperiment(string Configuration, ExperimentDefinition? Earlier) : IWireMessage;

    /// <param name="Notices">For a person.</param>
    public sealed record ExperimentResolved(ExperimentDefinition Definition, ImmutableArray<string> Notices) : IWireMessage;

    /// <summary>It can't be as the file says. The reason is for a person.</summary>
    public sealed record ExperimentUnresolved(string Reason) : IWireMessage;

    /// <summary>Whether it lives, and what it is. Answered by <see cref="NodeDescribed"/>.</summary>
    public sealed record DescribeNode : IWireMessage;

    /// <param name="Device">For a person.</param>
    /// <param name="Experiments">Those that are at the node.</param>
    /// <param name="Seats">How many trainers it can hold.</param>
    public sealed record NodeDescribed(string Device, string Version, ImmutableArray<ExperimentName> Experiments, int Seats = 1) : IWireMessage;

    /// <summary>The experiment has left this node, seat and evaluator both.</summary>
    public sealed record LeaveExperiment(ExperimentName Experiment) : IWireMessage;
}
