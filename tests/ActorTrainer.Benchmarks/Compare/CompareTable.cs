using System.Collections.Immutable;
using System.Text;

namespace ActorTrainer.Benchmarks.Compare;

/// <summary>The results as Markdown: what it was measured on, a table, and the commands.</summary>
internal static class CompareTable
{
    public static string Of(Machine before, Machine after, string? peers, int turns, ImmutableArray<MeasuredRow> rows)
    {
        var text = new StringBuilder();
        text.Append($"{before.Cpu}, {before.Cores} cores, {before.System}, {before.Runtime}, ActorTrainer {before.Product} with libtorch {before.Libtorch}, OpenMP wait policy {before.WaitPolicy}. ");
        text.Append($"Beside it: {peers ?? "no peer, since its modules can't be imported"}. The product and what stands beside it in turns (A B A B), n = {turns} of each; load average {Load(before)} before and {Load(after)} after.\n\n");
        text.Append("| what; beside what | here: median (least .. greatest) | beside it | ratio of speeds of the medians (of the turns: least .. greatest) | target |\n|---|---|---|---|---|\n");
        foreach (var row in rows)
        {
            for (int i = 0; i < row.Row.Lines.Length; i++) text.Append(Line(row.Row.Lines[i], row.LeftOut, [.. row.Turns.Select(turn => turn[i])])).Append('\n');
        }

        text.Append("\n```\n");
        foreach (string command in rows.Where(row => row.LeftOut is null).SelectMany(row => row.Row.Commands).Distinct()) text.Append(command).Append('\n');
        return text.Append("```\n").ToString();
    }

    private static string Line(CompareLine line, string? leftOut, ImmutableArray<Turn> turns)
    {
        if (leftOut is not null) return $"| {line.What} | left out: {leftOut} | | | {line.Target} |";
        var here = Sample.Of(turns.Select(turn => turn.Here));
        if (turns.Any(turn => turn.Beside is null)) return $"| {line.What} | {Text(here, line.Unit)} | | | {line.Target} |";
        var beside = Sample.Of(turns.Select(turn => turn.Beside!.Value));
        var ratios = Sample.Of(turns.Select(turn => turn.Ratio!.Value));
        // A time is better where it is less: which way round, each turn has said already.
        double ofMedians = turns[0].Ratio == turns[0].Here / turns[0].Beside ? here.Median / beside.Median : beside.Median / here.Median;
        return $"| {line.What} | {Text(here, line.Unit)} | {Text(beside, line.Unit)} | {ofMedians:0.00} ({ratios.Least:0.00} .. {ratios.Greatest:0.00}) | {line.Target} |";
    }

    /// <summary>Three figures that mean something, whatever the size.</summary>
    private static string Text(Sample sample, string unit)
    {
        string format = Math.Abs(sample.Median) switch { >= 100 => "#,0", >= 10 => "0.0", >= 0.1 => "0.000", _ => "0.00000" };
        return $"{sample.Text(format)}{(unit.Length == 0 ? "" : $" {unit}")}";
    }

    private static string Load(Machine machine) => machine.Load is { } load ? load.ToString("0.0") : "unknown";
}
