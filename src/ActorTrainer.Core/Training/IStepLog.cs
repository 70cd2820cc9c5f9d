using System.Text.Json.Serialization;
using ActorTrainer.Core.Evaluation;
using ActorTrainer.Core.Experiments;

namespace ActorTrainer.Core.Training;

/// <summary>
/// A file of lines keyed by step, in ascending order: appended to by shard 0's owner, cut back on recovery to the step it starts from, so that
/// every step has its lines once. One writer; anyone may read meanwhile.
/// </summary>
public interface IStepKeyedLog<TRecord> : IDisposable
{
    /// <summary>Cheap: usually memory only. An IOException (a full disk, say) may come here or from <see cref="Flush"/>.</summary>
    void Append(in TRecord record);

    /// <summary>Hands everything to the operating system; <paramref name="durable"/>: to the disk too, as before a checkpoint is committed.</summary>
    void Flush(bool durable);

    /// <summary>Drops the lines after <paramref name="step"/> and whatever a killed writer left unfinished. Returns the last line's step; zero: there is none.</summary>
    StepNumber CutBackTo(StepNumber step);
}

/// <summary>metrics.jsonl: one line a step.</summary>
public interface IStepLog : IStepKeyedLog<StepRecord>;

/// <summary>ledger.jsonl: one line a sample of a step, written where the trainer takes the batch.</summary>
public interface ILedgerLog : IStepKeyedLog<LedgerRecord>;

/// <summary>evaluations.jsonl: one line an evaluated checkpoint.</summary>
public interface IEvaluationLog : IStepKeyedLog<EvaluationRow>;

/// <summary>A line of metrics.jsonl.</summary>
/// <param name="Epoch">1 for the first, over the whole experiment: as people count, and as the evaluation after it says.</param>
/// <param name="Step">1 for the first.</param>
/// <param name="Loss">Weighted mean over the batch.</param>
/// <param name="LearningRate">The base rate of this step.</param>
/// <param name="Phase">From 0.</param>
/// <param name="Top1">Share of the training batch that was right.</param>
/// <param name="Ms">Where its time went.</param>
public readonly record struct StepRecord(
    int Epoch, StepNumber Step, double Loss, [property: JsonPropertyName("lr")] double LearningRate,
    [property: JsonPropertyName("images_per_s")] double ImagesPerSecond, int Phase, double Top1, StepTimes Ms = default);

/// <summary>A line of ledger.jsonl: this sample was in this shard of this step.</summary>
/// <param name="Epoch">As in <see cref="StepRecord"/>.</param>
/// <param name="Sample">Its number in the manifest.</param>
/// <param name="Crc">CRC-32 of its pixels as the trainer took them.</param>
public readonly record struct LedgerRecord(Generation Generation, StepNumber Step, int Epoch, int Shard, int Sample, uint Crc);
