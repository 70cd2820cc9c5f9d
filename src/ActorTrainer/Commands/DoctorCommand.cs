using System.CommandLine;
using System.Text.Json;
using ActorTrainer.Core;
using ActorTrainer.Hosting;
using ActorTrainer.Hosting.Health;
using ActorTrainer.Terminal;
using Spectre.Console;

namespace ActorTrainer.Commands;

/// <summary>What works on this machine, and what to do where it does not.</summary>
internal static class DoctorCommand
{
    public static readonly string[] Examples = ["actortrainer doctor", "actortrainer doctor --runs /data/runs"];

    public static Command Create(Screen screen, Services services)
    {
        var runs = CommonOptions.Runs();
        var json = CommonOptions.Json();
        var command = new Command("doctor", "Check this machine: processor, memory, disk, libtorch, journal") { runs, json };
        command.SetAction(parsed => Execute(screen, services, RunsFolder.Choose(parsed.GetValue(runs)), parsed.GetValue(json)));
        return command;
    }

    private static int Execute(Screen screen, Services services, RunsFolder runs, bool json)
    {
        var findings = new MachineCheck(services, runs).All().ToList();
        if (json) screen.Result(JsonSerializer.Serialize(new { Healthy = findings.All(f => f.Health != Health.Fail), Checks = findings }, CoreJson.Readable));
        else
        {
            foreach (var finding in findings) Write(screen.Out, finding);
        }

        return findings.Any(finding => finding.Health == Health.Fail) ? ExitCode.Failed : ExitCode.Done;
    }

    private static void Write(IAnsiConsole console, Finding finding)
    {
        var colour = finding.Health switch { Health.Ok => Color.Green, Health.Warn => Color.Yellow, _ => Color.Red };
        console.Write(new Text($"{finding.Health.ToString().ToLowerInvariant(),-5}", new Style(colour)));
        console.WriteLine($"{finding.Name,-12} {finding.Text}");
        if (finding.Advice is not null) console.WriteLine($"{"",-18}{finding.Advice}");
    }
}
