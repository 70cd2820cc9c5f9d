using System.CommandLine;
using ActorTrainer.Actors.Journal;
using ActorTrainer.Core.Experiments;
using ActorTrainer.Hosting;

namespace ActorTrainer.Commands;

/// <summary>Options and arguments that several commands share, so that they are called and explained alike.</summary>
internal static class CommonOptions
{
    public static Option<string?> Runs() => new("--runs")
    {
        HelpName = "DIR",
        Description = $"The folder of runs (default: ${RunsFolder.Variable}, else ./runs). Their journal is in it, or in PostgreSQL: ${JournalLocation.Variable}=postgres://USER:PASSWORD@HOST/DATABASE",
    };

    public static Option<bool> Json() => new("--json") { Description = "Write JSON to stdout and nothing else" };

    public static Option<bool> Yes() => new("--yes", "-y") { Description = "Answer every question with yes" };

    public static Option<string[]> Set() => new("--set")
    {
        HelpName = "PATH=VALUE",
        Description = "Change a key of the file, such as experiment.training.phases.0.epochs=30; can be repeated",
        DefaultValueFactory = _ => [],
    };

    public static Argument<string> Name() => new("NAME") { Description = "The run's name" };

    public static Argument<string> Reference() => new("NAME") { HelpName = "NAME[@STEP|@best|@last]", Description = "The run, and which of its checkpoints" };

    /// <summary>A name from the command line.</summary>
    public static ExperimentName ParseName(string text) =>
        ExperimentName.IsValid(text) ? new(text) : throw new UsageException($"'{text}' is not a run's name: {ExperimentName.Rule}.");
}
