using System.Collections.Frozen;
using System.Text.Json;
using static ActorTrainer.Core.Experiments.ExperimentEvents;

namespace ActorTrainer.Core.Experiments;

/// <summary>
/// The journal's bytes: each event is JSON under a stable name. Names and fields are for ever; a changed meaning gets a new name.
/// </summary>
public static class ExperimentEventJson
{
    private static readonly FrozenDictionary<string, Type> Types = new Dictionary<string, Type>
    {
        ["experiment-created.1"] = typeof(ExperimentCreated),
        ["coordinator-took.1"] = typeof(CoordinatorTook),
        ["operational-settings-changed.1"] = typeof(OperationalSettingsChanged),
        ["generation-started.1"] = typeof(GenerationStarted),
        ["sample-excluded.1"] = typeof(SampleExcluded),
        ["checkpoint-committed.1"] = typeof(CheckpointCommitted),
        ["checkpoint-lost.1"] = typeof(CheckpointLost),
        ["checkpoint-retired.1"] = typeof(CheckpointRetired),
        ["evaluation-recorded.1"] = typeof(EvaluationRecorded),
        ["phase-stopped.1"] = typeof(PhaseStopped),
        ["training-finished.1"] = typeof(TrainingFinished),
        ["test-recorded.1"] = typeof(TestRecorded),
        ["experiment-completed.1"] = typeof(ExperimentCompleted),
        ["experiment-paused.1"] = typeof(ExperimentPaused),
        ["experiment-failed.1"] = typeof(ExperimentFailed),
        ["experiment-cancelled.1"] = typeof(ExperimentCancelled),
    }.ToFrozenDictionary();

    private static readonly FrozenDictionary<Type, string> Names = Types.ToFrozenDictionary(pair => pair.Value, pair => pair.Key);

    public static IEnumerable<string> Manifests => Types.Keys;

    public static string Manifest(IExperimentEvent happened) => Names[happened.GetType()];

    public static byte[] Write(IExperimentEvent happened) => JsonSerializer.SerializeToUtf8Bytes(happened, happened.GetType(), CoreJson.Options);

    /// <summary>Throws <see cref="FormatException"/> for an unknown name or bytes that are not such an event.</summary>
    public static IExperimentEvent Read(string manifest, ReadOnlySpan<byte> json)
    {
        if (!Types.TryGetValue(manifest, out var type)) throw new FormatException($"The journal holds an event '{manifest}' that this version does not know.");
        try
        {
            return (IExperimentEvent)(JsonSerializer.Deserialize(json, type, CoreJson.Options) ?? throw new FormatException($"An event '{manifest}' is null."));
        }
        catch (JsonException e)
        {
            throw new FormatException($"An event '{manifest}' can't be read: {e.Message}", e);
        }
    }
}
