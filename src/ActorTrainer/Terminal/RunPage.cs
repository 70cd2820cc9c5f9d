using ActorTrainer.Core.Experiments;
using ActorTrainer.Journal;
using Spectre.Console;

namespace ActorTrainer.Terminal;

/// <summary>One run for a person.</summary>
internal static class RunPage
{
    /// <summary>Rows of evaluations that are shown; a report has them all.</summary>
    private const int Recent = 12;

    public static void Write(IAnsiConsole console, RunOverview overview, Experiment run, RunFolder folder, TimeShares? time)
    {
        var definition = run.Definition;
        console.Facts(
            ("name", overview.Name.Value),
            ("state", overview.IsAbandoned ? $"{StateText.Of(overview.State)}, but its process is gone: start the same command again and it goes on"
                : overview.Pid is { } pid ? $"{StateText.Of(overview.State)} (process {pid})" : StateText.Of(overview.State)),
            ("why", overview.Failure),
            ("progress", $"epoch {overview.Epoch}/{overview.Epochs}, step {Format.Count(overview.Step)}/{Format.Count(overview.Steps)}, phase {overview.Phase}"),
            ("best", Text(overview.Best)),
            ("test", Text(overview.Test)),
            ("digest", overview.Digest),
            ("runs on", $"{Device(definition)}, {Format.Count(run.Trainers, "trainer")}, {Format.Count(definition.LogicalShards, "shard")}, generation {run.Generation}"),
            ("begun", Format.Time(run.CreatedAt)),
            ("last change", Format.Time(run.UpdatedAt)),
            ("configuration", definition.ConfigurationHash),
            ("where", folder.Path),
            ("checkpoints", definition.CheckpointStore));
        Phases(console, run);
        Time(console, time);
        Evaluations(console, run);
        Checkpoints(console, run);
        Classes(console, run);
        Excluded(console, run);
    }

    private static string? Text(Measured? measured) => measured is null ? null
        : measured.Top1 is null ? $"step {measured.Step} (the last; no validation set)"
        : $"step {measured.Step}, top-1 {Format.Fraction(measured.Top1.Value)}, top-5 {Format.Fraction(measured.Top5!.Value)}, loss {Format.Loss(measured.Loss!.Value)}";

    private static string Device(ExperimentDefinition definition) => definition.Device.Kind == Core.Training.DeviceKind.Cpu
        ? $"cpu ({Format.Count(definition.Device.Threads, "thread")})"
        : $"cuda:{definition.Device.Index}";

    private static void Phases(IAnsiConsole console, Experiment run)
    {
        var table = Tables.Create("phase", ">epochs", ">steps", ">classes", ">train", ">validation", ">test", "data");
        foreach (var phase in run.Definition.Phases)
        {
            table.Row(phase.Name, Format.Count(phase.Epochs), Format.Count((long)phase.Epochs * phase.StepsPerEpoch), Format.Count(phase.Classes.Length),
                Format.Count(phase.Train.Samples), phase.Validation is { } v ? Format.Count(v.Samples) : "-", phase.Test is { } t ? Format.Count(t.Samples) : "-", phase.Train.Location);
        }

        console.Write(table);
    }

    private static void Time(IAnsiConsole console, TimeShares? time)
    {
        if (time is null) return;
        console.Heading($"Where a step's time goes (the mean of the last {Format.Count(time.Steps)})");
        var table = Tables.Create("part", ">ms", ">share");
        foreach (var (name, ms, share) in time.Parts) table.Row(name, Format.Milliseconds(ms), Format.Percent(share));
        table.Row("decode, beside it", Format.Milliseconds(time.Ms.Decode), "");
        console.Write(table);
        console.MarkupLineInterpolated($"Bound by {time.BoundBy}.");
    }

    private static void Evaluations(IAnsiConsole console, Experiment run)
    {
        if (run.Evaluations.IsEmpty) return;
        int left = Math.Max(0, run.Evaluations.Length - Recent);
        console.Heading(left == 0 ? "Validation" : $"Validation (the last {Recent} of {run.Evaluations.Length})");
        var metrics = MetricText.ChosenBy(run.Definition);
        var table = Tables.Create([">epoch", ">step", .. metrics.Select(metric => ">" + MetricText.Label(metric)), ""]);
        foreach (var row in run.Evaluations.Skip(left))
        {
            table.Row([Format.Count(row.Epoch), Format.Count(row.Step.Value), .. metrics.Select(metric => MetricText.Value(row.Metrics, metric)),
                row.Step == run.BestStep ? "best" : ""]);
        }

        console.Write(table);
    }

    private static void Checkpoints(IAnsiConsole console, Experiment run)
    {
        if (run.Checkpoints.IsEmpty) return;
        console.Heading("Checkpoints");
        var table = Tables.Create("checkpoint", ">step", ">size", "");
        foreach (var checkpoint in run.Checkpoints)
        {
            string marks = string.Join(", ", new[] { checkpoint == run.Best ? "best" : "", checkpoint == run.Newest ? "newest" : "" }.Where(mark => mark.Length > 0));
            table.Row(checkpoint.Id.ToString(), Format.Count(checkpoint.Id.Step.Value), Format.Bytes(checkpoint.Bytes), marks);
        }

        console.Write(table);
    }

    private static void Classes(IAnsiConsole console, Experiment run)
    {
        var scores = RunScores.ClassesOf(run);
        if (scores.IsEmpty) return;
        console.Heading(run.Test is null ? "Classes, by validation of the best" : "Classes, by the test set");
        console.Write(ClassTable.Of(scores));
    }

    private static void Excluded(IAnsiConsole console, Experiment run)
    {
        if (run.Excluded.IsEmpty) return;
        console.Heading($"Left out: {Format.Count(run.Excluded.Length, "file")}");
        var table = Tables.Create("set", "file", "why");
        foreach (var sample in run.Excluded) table.Row(sample.Set, sample.Path, sample.Reason);
        console.Write(table);
    }
}
