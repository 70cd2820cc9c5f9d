using System.Collections.Immutable;
using ActorTrainer.Core.Evaluation;
using ActorTrainer.Core.Experiments;
using ActorTrainer.Hosting;

namespace ActorTrainer.Terminal;

/// <summary>
/// One line an epoch. Training and validation of an epoch are told at different times (the evaluator works beside the trainer), so an epoch's line
/// waits for its evaluation until the epoch after it is over too; an evaluation that comes even later gets a line of its own.
/// </summary>
internal sealed class EpochLines
{
    private readonly SortedDictionary<int, RunProgress> _waiting = [];
    private ImmutableArray<EvaluationMetric> _metrics = EvaluationMetricNames.Default;
    private RunProgress? _latest;
    private int _told;          // the newest epoch whose evaluation is out

    /// <summary>Whose epochs these are: its settings say what is shown of an evaluation.</summary>
    public void Of(ExperimentDefinition definition) => _metrics = MetricText.ChosenBy(definition);

    /// <summary>Lines that are due because training went on to another epoch.</summary>
    public IEnumerable<string> Advance(RunProgress progress)
    {
        var before = _latest;
        _latest = progress;
        if (before is null || before.Epoch == progress.Epoch || before.Epoch <= _told) return [];
        _waiting[before.Epoch] = before;
        return Due(epoch => epoch < progress.Epoch - 1);
    }

    /// <summary>Lines that are due because an evaluation is there: those of earlier epochs, then its own.</summary>
    public IEnumerable<string> Evaluated(EvaluationRow row, bool isBest)
    {
        string[] earlier = [.. Due(epoch => epoch < row.Epoch)];
        string validation = string.Join("  ", _metrics.Select(metric => $"val {MetricText.Label(metric)} {MetricText.Value(row.Metrics, metric)}")) + (isBest ? "  best" : "");
        if (!_waiting.Remove(row.Epoch, out var trained) && _latest?.Epoch == row.Epoch) trained = _latest;
        _told = Math.Max(_told, row.Epoch);

        return [.. earlier, trained is null ? $"epoch {row.Epoch}  {validation}" : $"{Trained(trained)}  {validation}"];
    }

    /// <summary>Whatever still waits, at the end.</summary>
    public IEnumerable<string> Finish()
    {
        if (_latest is { Step.Value: > 0 } last && last.Epoch > _told) _waiting[last.Epoch] = last;
        _latest = null;
        return Due(_ => true);
    }

    private IEnumerable<string> Due(Func<int, bool> due)
    {
        foreach (int epoch in _waiting.Keys.Where(due).ToArray())
        {
            _waiting.Remove(epoch, out var trained);
            yield return Trained(trained!);
        }
    }

    private static string Trained(RunProgress p) =>
        $"epoch {p.Epoch}/{p.Epochs}{(p.Phases > 1 ? $"  {p.Phase}" : "")}  loss {Format.Loss(p.Loss)}  top-1 {Format.Fraction(p.Top1)}  {Format.ImagesPerSecond(p.ImagesPerSecond)}";
}
