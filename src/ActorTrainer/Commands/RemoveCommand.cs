using System.CommandLine;
using ActorTrainer.Journal;
using ActorTrainer.Terminal;

namespace ActorTrainer.Commands;

/// <summary>Removes one run for good.</summary>
internal static class RemoveCommand
{
    public static readonly string[] Examples = ["actortrainer remove photos.1", "actortrainer remove photos --yes"];

    public static Command Create(Screen screen)
    {
        var name = CommonOptions.Name();
        var runs = CommonOptions.Runs();
        var yes = CommonOptions.Yes();
        var command = new Command("remove", "Remove a run: its history, checkpoints and files") { name, runs, yes };
        command.SetAction(parsed => Execute(screen, RunLookup.In(parsed.GetValue(runs)), parsed.GetRequiredValue(name), parsed.GetValue(yes)));
        return command;
    }

    private static int Execute(Screen screen, RunLookup lookup, string name, bool yes)
    {
        var run = lookup.Find(name);
        var shelf = new RunShelf(lookup.Runs, TimeProvider.System);
        string bytes = Format.Bytes(shelf.BytesOf(run));
        var experiment = run.Experiment;
        string what = $"'{run.Name}' ({StateText.Of(experiment.Status)}, {Format.Count(experiment.Checkpoints.Length, "checkpoint")}, {bytes})";
        if (!Consent.Given(screen, yes, $"Remove {what} for good?")) return ExitCode.Failed;
        shelf.Remove(run.Name);
        screen.Say($"Removed {what}.");
        return ExitCode.Done;
    }
}
