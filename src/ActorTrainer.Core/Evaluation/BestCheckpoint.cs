namespace ActorTrainer.Core.Evaluation;

/// <summary>The best evaluation is a pure function of the rows, whatever order they came in.</summary>
public static class BestCheckpoint
{
    /// <summary>Highest top-1; ties: lower loss, then the earlier step. A row that is not a number is never best. Null where there is none.</summary>
    public static EvaluationRow? Of(IEnumerable<EvaluationRow> rows) => rows
        .Where(row => !double.IsNaN(row.Metrics.Top1) && !double.IsNaN(row.Metrics.Loss))
        .OrderByDescending(row => row.Metrics.Top1).ThenBy(row => row.Metrics.Loss).ThenBy(row => row.Step)
        .FirstOrDefault();
}
