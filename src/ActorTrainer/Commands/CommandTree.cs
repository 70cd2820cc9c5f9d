using System.CommandLine;
using System.CommandLine.Help;
using ActorTrainer.Hosting;
using ActorTrainer.Terminal;

namespace ActorTrainer.Commands;

/// <summary>All commands, and what is the same for each: help with examples, exit codes, one message for an error.</summary>
internal static class CommandTree
{
    public static RootCommand Create(Screen screen, Services services)
    {
        var examples = new Dictionary<Command, string[]>();
        var root = new RootCommand("Trains image classifiers from one experiment file, survives any kill, and gives the same bits every time.")
        {
            Add(RunCommand.Create(screen, services), RunCommand.Examples),
            Add(SubmitCommand.Create(screen), SubmitCommand.Examples),
            Add(NodeCommand.Create(screen, services), NodeCommand.Examples),
            Add(ServeCommand.Create(screen, services), ServeCommand.Examples),
            Add(NewCommand.Create(screen), NewCommand.Examples),
            Add(CheckCommand.Create(screen, services), CheckCommand.Examples),
            Add(ListCommand.Create(screen), ListCommand.Examples),
            Add(ShowCommand.Create(screen), ShowCommand.Examples),
            Add(WatchCommand.Create(screen), WatchCommand.Examples),
            Add(ControlCommands.Pause(screen), ControlCommands.ExamplesOf("pause")),
            Add(ControlCommands.Resume(screen), ControlCommands.ExamplesOf("resume")),
            Add(ControlCommands.Cancel(screen), ControlCommands.ExamplesOf("cancel")),
            Add(DigestCommand.Create(screen), DigestCommand.Examples),
            Add(EvaluateCommand.Create(screen, services), EvaluateCommand.Examples),
            Add(PredictCommand.Create(screen, services), PredictCommand.Examples),
            Add(ReportCommand.Create(screen, services), ReportCommand.Examples),
            Add(ExportCommand.Create(screen, services), ExportCommand.Examples),
            Add(LogsCommand.Create(screen), LogsCommand.Examples),
            Add(RemoveCommand.Create(screen), RemoveCommand.Examples),
            Add(PruneCommand.Create(screen), PruneCommand.Examples),
            Add(ClusterCommand.Create(screen), ClusterCommand.Examples),
            Add(DataSetsCommand.Create(screen), DataSetsCommand.Examples),
            Add(ModelsCommand.Create(screen), ModelsCommand.Examples),
            Add(PackCommand.Create(screen, services), PackCommand.Examples),
            Add(DoctorCommand.Create(screen, services), DoctorCommand.Examples),
            Add(BenchCommand.Create(screen, services), BenchCommand.Examples),
        };
        examples[root] = ["actortrainer new ~/photos", "actortrainer run photos.conf", "actortrainer predict photos ~/photos/new/*.jpg"];
        foreach (var help in root.Options.OfType<HelpOption>()) help.Action = new HelpWithExamples((HelpAction)help.Action!, examples);
        return root;

        Command Add(Command command, string[] lines)
        {
            examples[command] = lines;
            return command;
        }
    }

    public static async Task<int> InvokeAsync(RootCommand root, string[] args, Screen screen, CancellationToken cancel)
    {
        var parsed = root.Parse(args);
        bool asksForHelp = parsed.Action is HelpWithExamples;
        if (parsed.Errors.Count > 0 && !asksForHelp) return Reject(parsed, screen);
        try
        {
            return await parsed.InvokeAsync(new()
            {
                Output = screen.Out.Profile.Out.Writer,
                Error = screen.Error.Profile.Out.Writer,
                EnableDefaultExceptionHandler = false,
                ProcessTerminationTimeout = null,       // Interruption does it: saving may take longer than a fixed time
            }, cancel).ConfigureAwait(false);
        }
        catch (Exception e) when (ErrorReport.Of(e) is { } report)
        {
            screen.Say(report.Text);
            return report.ExitCode;
        }
    }

    private static int Reject(ParseResult parsed, Screen screen)
    {
        string command = string.Join(' ', Path(parsed.CommandResult.Command));
        foreach (var error in parsed.Errors) screen.Say($"{command}: {error.Message}");
        var known = parsed.CommandResult.Command.Subcommands.Where(c => !c.Hidden).Select(c => c.Name);
        if (parsed.UnmatchedTokens.Count > 0 && Spelling.Nearest(parsed.UnmatchedTokens[0], known) is { } nearest) screen.Say($"Did you mean '{command} {nearest}'?");
        screen.Say($"'{command} --help' shows how it is used.");
        return ExitCode.Usage;
    }

    /// <summary>As it is written: the program, groups, the command.</summary>
    public static IEnumerable<string> Path(Command command) =>
        command.Parents.OfType<Command>().SelectMany(Path).Append(command is RootCommand ? "actortrainer" : command.Name);
}
