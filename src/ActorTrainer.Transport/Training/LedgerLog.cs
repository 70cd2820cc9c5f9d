using ActorTrainer.Core.Experiments;
using ActorTrainer.Core.Training;

namespace ActorTrainer.Transport.Training;

/// <summary>ledger.jsonl.</summary>
public sealed class LedgerLog(string path, TimeProvider time) : StepFile<LedgerRecord, LedgerRecord>(path, time), ILedgerLog
{
    /// <summary>The samples of a file, in order; nothing where there is no file. A line that its writer has not finished is left out.</summary>
    /// <param name="after">Only those of later steps; found from the file's end, so that following it costs what is new.</param>
    public static IEnumerable<LedgerRecord> Read(string path, StepNumber? after = null) => StepReader.Read<LedgerRecord>(path, after);

    private protected override LedgerRecord LineOf(in LedgerRecord record) => record;
}
