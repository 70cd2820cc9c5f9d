using System.Collections.Frozen;
using System.Runtime.Serialization;
using System.Text.Json;
using ActorTrainer.Actors.Checkpoints;
using ActorTrainer.Actors.Evaluation;
using ActorTrainer.Actors.Experiments;
using ActorTrainer.Actors.Training;
using ActorTrainer.Core;
using Akka.Actor;
using Akka.Serialization;

namespace ActorTrainer.Actors.Serialization;

/// <summary>Control messages by a closed table of names: nothing is ever made from a type name that came over a wire.</summary>
public sealed class WireMessageSerializer(ExtendedActorSystem system) : SerializerWithStringManifest(system)
{
    private static readonly FrozenDictionary<string, Type> Types = new Dictionary<string, Type>
    {
        ["pause-experiment.1"] = typeof(ExperimentProtocol.PauseExperiment),
        ["start-training.1"] = typeof(TrainerProtocol.StartTraining),
        ["request-stop.1"] = typeof(TrainerProtocol.RequestStop),
        ["verdict-reached.1"] = typeof(TrainerProtocol.VerdictReached),
        ["training-started.1"] = typeof(TrainerProtocol.TrainingStarted),
        ["verdict-needed.1"] = typeof(TrainerProtocol.VerdictNeeded),
        ["sample-skipped.1"] = typeof(TrainerProtocol.SampleSkipped),
        ["training-finished.1"] = typeof(TrainerProtocol.TrainingFinished),
        ["training-paused.1"] = typeof(TrainerProtocol.TrainingPaused),
        ["training-failed.1"] = typeof(TrainerProtocol.TrainingFailed),
        ["checkpoint-written.1"] = typeof(CheckpointWriterProtocol.CheckpointWritten),
        ["checkpoint-failed.1"] = typeof(CheckpointWriterProtocol.CheckpointFailed),
        ["evaluate.1"] = typeof(EvaluatorProtocol.Evaluate),
        ["evaluation-completed.1"] = typeof(EvaluatorProtocol.EvaluationCompleted),
        ["evaluation-failed.1"] = typeof(EvaluatorProtocol.EvaluationFailed),
        ["evaluation-sample-skipped.1"] = typeof(EvaluatorProtocol.SampleSkipped),
    }.ToFrozenDictionary();

    private static readonly FrozenDictionary<Type, string> Names = Types.ToFrozenDictionary(pair => pair.Value, pair => pair.Key);

    public override int Identifier => 7402;

    /// <summary>Every message that can cross; a test holds it against the assembly.</summary>
    internal static IEnumerable<Type> Known => Names.Keys;

    public override string Manifest(object o) =>
        Names.TryGetValue(o.GetType(), out string? name) ? name : throw new SerializationException($"{o.GetType().Name} has no name on the wire.");

    public override byte[] ToBinary(object obj) => JsonSerializer.SerializeToUtf8Bytes(obj, obj.GetType(), CoreJson.Options);

    public override object FromBinary(byte[] bytes, string manifest)
    {
        if (!Types.TryGetValue(manifest, out var type)) throw new SerializationException($"There is no message '{manifest}'.");
        try
        {
            return JsonSerializer.Deserialize(bytes, type, CoreJson.Options) ?? throw new SerializationException($"A message '{manifest}' is null.");
        }
        catch (JsonException e)
        {
            throw new SerializationException($"A message '{manifest}' can't be read: {e.Message}", e);
        }
    }
}
