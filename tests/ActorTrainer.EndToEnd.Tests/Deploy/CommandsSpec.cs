using ActorTrainer.EndToEnd.Tests.Processes;

namespace ActorTrainer.EndToEnd.Tests.Deploy;

/// <summary>Every command and option that deploy/ names is one of the built program.</summary>
[Collection(ProcessTests.Name)]
public sealed class CommandsSpec
{
    [Fact]
    public async Task Every_command_and_option_in_deploy_exists()
    {
        string known = await Help();
        Assert.Contains(Commands.All, call => call.Command == "run" && call.Options.Contains("--json"));
        Assert.True(Commands.All.Count(call => call.Command == "node" && call.Options.Contains("--seed")) >= 4);
        foreach (var calls in Commands.All.Where(call => call.Command.Length > 0).GroupBy(call => call.Command))
        {
            if (calls.Key == "node" && !Names(known, "node")) continue;         // a program without clusters
            Assert.True(Names(known, calls.Key.Split(' ')[0]), $"{calls.First().File}: there is no command '{calls.Key}'");
            string help = await Help(calls.Key.Split(' '));
            foreach (var (file, _, options) in calls) Assert.All(options, option => Assert.True(Names(help, option), $"{file}: {calls.Key} has no option {option}"));
        }
    }

    /// <summary>As a word of its own.</summary>
    private static bool Names(string help, string word) => help.Split([' ', '\n', ',', '\r'], StringSplitOptions.RemoveEmptyEntries).Contains(word, StringComparer.Ordinal);

    private static async Task<string> Help(params string[] command)
    {
        using var program = RunningProgram.Start(Path.GetTempPath(), [.. command, "--help"]);
        return (await program.Ended()).Completes().Output;
    }
}
