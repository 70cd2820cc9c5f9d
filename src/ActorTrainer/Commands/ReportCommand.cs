using System.CommandLine;
using ActorTrainer.Hosting;
using ActorTrainer.Journal;
using ActorTrainer.Reports;
using ActorTrainer.Terminal;
using ActorTrainer.Transport.Training;

namespace ActorTrainer.Commands;

/// <summary>A run as one page to look at, keep and send.</summary>
internal static class ReportCommand
{
    public static readonly string[] Examples = ["actortrainer report photos", "actortrainer report photos --out photos.html --without-pictures"];

    public static Command Create(Screen screen, Services services)
    {
        var name = CommonOptions.Name();
        var output = new Option<string?>("--out", "-o") { HelpName = "FILE", Description = "Where to (default: NAME-report.html, here)" };
        var bare = new Option<bool>("--without-pictures") { Description = "Leave out the worst mistakes, which need the data and a forward pass over them" };
        var runs = CommonOptions.Runs();
        var command = new Command("report", "Write one self-contained HTML page about a run") { name, output, bare, runs };
        command.SetAction((parsed, cancel) => Task.FromResult(Execute(
            screen, services, RunLookup.In(parsed.GetValue(runs)), parsed.GetRequiredValue(name), parsed.GetValue(output), parsed.GetValue(bare), cancel)));
        return command;
    }

    private static int Execute(Screen screen, Services services, RunLookup lookup, string name, string? output, bool bare, CancellationToken cancel)
    {
        var run = lookup.Find(name);
        var folder = lookup.Runs[run.Name];
        var steps = StepLog.Read(folder.Metrics).ToList();
        var (mistakes, why) = bare ? (null, "Left out, as asked.") : Mistakes.Find(services, lookup.Runs, run, screen.Say, DataProgressLine.On(screen), cancel);
        if (!bare && why is not null) screen.Say($"Without pictures of mistakes: {why}");
        string page = ReportPage.Write(new(RunOverview.Of(run, folder), run.Experiment, lookup.Journal.History(run.Name), steps, mistakes, why));
        string file = output ?? $"{run.Name}-report.html";
        OutputFile.Write(file, replace: true, temporary => File.WriteAllText(temporary, page));
        screen.Result($"Wrote {Path.GetFullPath(file)}");
        return ExitCode.Done;
    }
}
