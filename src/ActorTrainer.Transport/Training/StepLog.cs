using ActorTrainer.Core.Experiments;
using ActorTrainer.Core.Training;

namespace ActorTrainer.Transport.Training;

/// <summary>metrics.jsonl.</summary>
public sealed class StepLog(string path, TimeProvider time) : StepFile<StepRecord, StepRecord>(path, time), IStepLog
{
    /// <summary>The steps of a file, in order; nothing where there is no file. A line that its writer has not finished is left out.</summary>
    /// <param name="after">Only those of later steps; found from the file's end, so that following it costs what is new.</param>
    public static IEnumerable<StepRecord> Read(string path, StepNumber? after = null) => StepReader.Read<StepRecord>(path, after);

    /// <summary>The last step of a file; null where there is none.</summary>
    public static StepRecord? ReadLast(string path) =>
        StepReader.LastStep(path) is { } last ? Read(path, after: new(last.Value - 1)).Cast<StepRecord?>().LastOrDefault() : null;

    private protected override StepRecord LineOf(in StepRecord record) => record;
}
