using System.Collections.Frozen;
using ActorTrainer.Actors.Checkpoints;
using ActorTrainer.Actors.Coordination;
using ActorTrainer.Actors.Evaluation;
using ActorTrainer.Actors.Experiments;
using ActorTrainer.Actors.Nodes;
using ActorTrainer.Actors.Training;

namespace ActorTrainer.Actors.Serialization;

/// <summary>Every message that can cross, by a name that never changes its meaning: nothing is ever made from a type name that came over a wire.</summary>
internal static class WireMessages
{
    private static readonly FrozenDictionary<string, Type> Types = new Dictionary<string, Type>
    {
        ["pause-experiment.1"] = typeof(ExperimentProtocol.PauseExperiment),
        ["cancel-experiment.1"] = typeof(ExperimentProtocol.CancelExperiment),
        ["start-training.2"] = typeof(TrainerProtocol.StartTraining),
        ["request-after-step.1"] = typeof(TrainerProtocol.RequestAfterStep),
        ["verdict-reached.1"] = typeof(TrainerProtocol.VerdictReached),
        ["training-started.1"] = typeof(TrainerProtocol.TrainingStarted),
        ["verdict-needed.1"] = typeof(TrainerProtocol.VerdictNeeded),
        ["sample-skipped.1"] = typeof(TrainerProtocol.SampleSkipped),
        ["training-finished.1"] = typeof(TrainerProtocol.TrainingFinished),
        ["training-stopped.1"] = typeof(TrainerProtocol.TrainingStopped),
        ["training-interrupted.1"] = typeof(TrainerProtocol.TrainingInterrupted),
        ["training-broken.1"] = typeof(TrainerProtocol.TrainingBroken),
        ["training-failed.1"] = typeof(TrainerProtocol.TrainingFailed),
        ["join-generation.1"] = typeof(SeatProtocol.JoinGeneration),
        ["attach-to-seat.1"] = typeof(SeatProtocol.AttachToSeat),
        ["close-seat.1"] = typeof(SeatProtocol.CloseSeat),
        ["seat-preparing.1"] = typeof(SeatProtocol.SeatPreparing),
        ["seat-joined.1"] = typeof(SeatProtocol.SeatJoined),
        ["seat-refused.1"] = typeof(SeatProtocol.SeatRefused),
        ["seat-alive.1"] = typeof(SeatProtocol.SeatAlive),
        ["seat-empty.1"] = typeof(SeatProtocol.SeatEmpty),
        ["seat-said.1"] = typeof(SeatProtocol.SeatSaid),
        ["open-evaluator.1"] = typeof(NodeProtocol.OpenEvaluator),
        ["evaluator-ready.1"] = typeof(NodeProtocol.EvaluatorReady),
        ["evaluator-refused.1"] = typeof(NodeProtocol.EvaluatorRefused),
        ["resolve-experiment.1"] = typeof(NodeProtocol.ResolveExperiment),
        ["experiment-resolved.1"] = typeof(NodeProtocol.ExperimentResolved),
        ["experiment-unresolved.1"] = typeof(NodeProtocol.ExperimentUnresolved),
        ["describe-node.1"] = typeof(NodeProtocol.DescribeNode),
        ["node-described.1"] = typeof(NodeProtocol.NodeDescribed),
        ["submit-experiment.1"] = typeof(CoordinatorProtocol.SubmitExperiment),
        ["control-experiment.1"] = typeof(CoordinatorProtocol.ControlExperiment),
        ["accepted.1"] = typeof(CoordinatorProtocol.Accepted),
        ["rejected.1"] = typeof(CoordinatorProtocol.Rejected),
        ["prune-runs.1"] = typeof(CoordinatorProtocol.PruneRuns),
        ["pruned.1"] = typeof(CoordinatorProtocol.Pruned),
        ["describe-cluster.1"] = typeof(CoordinatorProtocol.DescribeCluster),
        ["cluster-described.1"] = typeof(CoordinatorProtocol.ClusterDescribed),
        ["leave-node.1"] = typeof(CoordinatorProtocol.LeaveNode),
        ["node-may-leave.1"] = typeof(CoordinatorProtocol.NodeMayLeave),
        ["leave-experiment.1"] = typeof(NodeProtocol.LeaveExperiment),
        ["checkpoint-written.1"] = typeof(CheckpointWriterProtocol.CheckpointWritten),
        ["checkpoint-failed.1"] = typeof(CheckpointWriterProtocol.CheckpointFailed),
        ["evaluate.1"] = typeof(EvaluatorProtocol.Evaluate),
        ["evaluation-completed.1"] = typeof(EvaluatorProtocol.EvaluationCompleted),
        ["evaluation-failed.1"] = typeof(EvaluatorProtocol.EvaluationFailed),
        ["evaluation-sample-skipped.1"] = typeof(EvaluatorProtocol.SampleSkipped),
    }.ToFrozenDictionary();

    private static readonly FrozenDictionary<Type, string> Names = Types.ToFrozenDictionary(pair => pair.Value, pair => pair.Key);

    public static IEnumerable<Type> Known => Names.Keys;

    public static string? NameOf(Type type) => Names.GetValueOrDefault(type);

    public static Type? TypeOf(string name) => Types.GetValueOrDefault(name);
}
