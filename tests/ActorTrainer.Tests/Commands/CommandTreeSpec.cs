using ActorTrainer.Commands;
using ActorTrainer.Hosting;
using ActorTrainer.Terminal;

namespace ActorTrainer.Tests.Commands;

public sealed class CommandTreeSpec
{
    public static TheoryData<string> Commands => [.. CommandTree.Create(Screen.Redirected(TextWriter.Null, TextWriter.Null), Invocation.Services).Subcommands
        .SelectMany(command => command.Subcommands.Where(part => !part.Hidden).Select(part => $"{command.Name} {part.Name}").Prepend(command.Name))];

    [Theory]
    [MemberData(nameof(Commands))]
    public async Task Every_command_has_help_with_examples_of_its_own(string command)
    {
        var result = await Invocation.Of([.. command.Split(' '), "--help"]);
        Assert.Equal(0, result.ExitCode);
        string[] examples = result.Output.Split("Example")[^1].Split('\n')[1..];
        Assert.StartsWith($"  actortrainer {command}", examples[0], StringComparison.Ordinal);
        Assert.All(examples.Where(line => line.Trim().Length > 0 && command.Contains(' ', StringComparison.Ordinal)), line => Assert.StartsWith($"  actortrainer {command} ", line, StringComparison.Ordinal));
        Assert.Empty(result.Error);
    }

    [Fact]
    public async Task Help_of_the_program_lists_all_commands()
    {
        var result = await Invocation.Of("--help");
        Assert.Equal(0, result.ExitCode);
        Assert.All(CommandTree.Create(Screen.Redirected(TextWriter.Null, TextWriter.Null), Invocation.Services).Subcommands, command => Assert.Contains("  " + command.Name, result.Output, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData]
    [InlineData("lits")]
    [InlineData("show")]
    [InlineData("list", "--what")]
    [InlineData("show", "a", "b")]
    public async Task Wrong_use_is_exit_code_2_and_a_hint_on_stderr(params string[] args)
    {
        var result = await Invocation.Of(args);
        Assert.Equal(2, result.ExitCode);
        Assert.Empty(result.Output);
        Assert.Contains("--help", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_slip_in_a_command_is_answered_with_the_nearest() =>
        Assert.Contains("Did you mean 'actortrainer list'?", (await Invocation.Of("lits")).Error, StringComparison.Ordinal);

    [Fact]
    public async Task Run_hands_its_options_on_as_they_are()
    {
        RunRequest? seen = null;
        var result = await Invocation.Of(Invocation.Services with { Train = (request, _, _) => { seen = request; return Task.FromResult(0); } },
            "run", "a.conf", "--set", "experiment.seed=1", "--set", "experiment.name=b", "--from", "other@best", "--runs", "/somewhere");
        Assert.Equal(0, result.ExitCode);
        Assert.Equal("a.conf", seen!.File);
        Assert.Equal<string>(["experiment.seed=1", "experiment.name=b"], seen.Overrides);
        Assert.Equal(("/somewhere", "other@best", false), (seen.Runs.Path, seen.From, seen.Fresh));
    }
}
