using System.CommandLine;
using System.Text.Json;
using ActorTrainer.Core;
using ActorTrainer.Core.Data;
using ActorTrainer.Core.Evaluation;
using ActorTrainer.DataSets;
using ActorTrainer.Hosting;
using ActorTrainer.Journal;
using ActorTrainer.Terminal;

namespace ActorTrainer.Commands;

/// <summary>How well a checkpoint does on a data set.</summary>
internal static class EvaluateCommand
{
    public static readonly string[] Examples = ["actortrainer evaluate quickstart config/data/digits.zip/test", "actortrainer evaluate photos@last ~/photos/test --json"];

    public static Command Create(Screen screen, Services services)
    {
        var reference = CommonOptions.Reference();
        var location = new Argument<string>("DATA") { Description = "A data set as in the experiment file: a folder of class folders, one inside a zip, ..." };
        var json = CommonOptions.Json();
        var runs = CommonOptions.Runs();
        var command = new Command("evaluate", "Measure a run (its best checkpoint unless another is chosen) on a data set") { reference, location, json, runs };
        command.SetAction((parsed, cancel) => Task.FromResult(Execute(
            screen, services, RunLookup.In(parsed.GetValue(runs)), parsed.GetRequiredValue(reference), parsed.GetRequiredValue(location), parsed.GetValue(json), cancel)));
        return command;
    }

    private static int Execute(Screen screen, Services services, RunLookup lookup, string reference, string location, bool json, CancellationToken cancel)
    {
        var (run, checkpoint, content) = lookup.FindCheckpoint(reference, CheckpointChoice.Best);
        using var data = new RegisteredDataReader(services.Data(), lookup.Runs).Open(location, null, DataProgressLine.On(screen), cancel);
        using var model = LoadedModel.Open(services, lookup.Runs, run, content, screen.Say);
        var classes = model.Description.Classes;
        if (DataChecks.RequireKnownClasses(data, classes) is { IsEmpty: false } missing) screen.Say($"{location} has no sample of {string.Join(", ", missing)}.");

        var tally = new EvaluationTally(classes.Length);
        var excluded = new List<SampleProblem>();
        foreach (var answer in model.Answer(data, classes, cancel))
        {
            tally.Add(answer.Logits, answer.Labels, answer.Weights);
            excluded.AddRange(answer.Excluded);
        }

        var metrics = tally.Result();
        foreach (var problem in excluded) screen.Say($"{problem.Path} is left out: {problem.Reason}");
        if (metrics.Samples == 0) throw new CommandException($"{location}: not one of its files can be read.");
        var scores = ClassScores.Of(metrics.Confusion, classes);
        if (json)
        {
            screen.Result(JsonSerializer.Serialize(new
            {
                run.Name, checkpoint.Id.Step, Checkpoint = checkpoint.Id, Data = location, metrics.Samples, metrics.Loss, metrics.Top1, metrics.Top5,
                PerClass = scores, Classes = classes, metrics.Confusion, Excluded = excluded.Select(problem => new { problem.Path, problem.Reason }),
            }, CoreJson.Readable));
        }
        else
        {
            screen.Out.Facts(
                ("checkpoint", $"step {checkpoint.Id.Step} of {run.Name}"), ("samples", Format.Count(metrics.Samples)), ("loss", Format.Loss(metrics.Loss)),
                ("top-1", Format.Fraction(metrics.Top1)), ("top-5", Format.Fraction(metrics.Top5)));
            screen.Out.Write(ClassTable.Of(scores));
        }

        return ExitCode.Done;
    }
}
