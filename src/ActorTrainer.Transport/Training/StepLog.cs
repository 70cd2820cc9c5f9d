using ActorTrainer.Core.Training;

namespace ActorTrainer.Transport.Training;

/// <summary>metrics.jsonl.</summary>
public sealed class StepLog(string path, TimeProvider time) : StepFile<StepRecord, StepRecord>(path, time), IStepLog
{
    /// <summary>The steps of a file, in order; nothing where there is no file. A line that its writer has not finished is left out.</summary>
    public static IEnumerable<StepRecord> Read(string path) => ReadLines(path);

    private protected override StepRecord LineOf(in StepRecord record) => record;
}
