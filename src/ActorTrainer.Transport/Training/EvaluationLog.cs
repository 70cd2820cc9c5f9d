using ActorTrainer.Core.Evaluation;
using ActorTrainer.Core.Experiments;
using ActorTrainer.Core.Training;

namespace ActorTrainer.Transport.Training;

/// <summary>A line of evaluations.jsonl: the journal's row with class means in place of the confusion matrix, which has K x K numbers.</summary>
public sealed record EvaluationLine(
    int Epoch, StepNumber Step, int Phase, long Samples, double Loss, double Top1, double Top5, double MacroPrecision, double MacroRecall, double MacroF1);

/// <summary>evaluations.jsonl.</summary>
public sealed class EvaluationLog(string path, TimeProvider time) : StepFile<EvaluationRow, EvaluationLine>(path, time), IEvaluationLog
{
    /// <summary>The evaluations of a file, in order; nothing where there is no file. A line that its writer has not finished is left out.</summary>
    /// <param name="after">Only those of later steps; found from the file's end, so that following it costs what is new.</param>
    public static IEnumerable<EvaluationLine> Read(string path, StepNumber? after = null) => StepReader.Read<EvaluationLine>(path, after);

    private protected override EvaluationLine LineOf(in EvaluationRow row)
    {
        var macro = MacroScores.Of(row.Metrics.Confusion);
        return new(row.Epoch, row.Step, row.Phase, row.Metrics.Samples, row.Metrics.Loss, row.Metrics.Top1, row.Metrics.Top5, macro.Precision, macro.Recall, macro.F1);
    }
}
