using System.Text.Json.Nodes;

namespace ActorTrainer.EndToEnd.Tests.Processes;

/// <summary>What a process returned and said.</summary>
internal sealed record EndedProgram(string Command, int ExitCode, string Output, string Error)
{
    public const int Killed = 137;      // 128 + SIGKILL

    /// <summary>stdout as lines of JSON; anything else there is a failure.</summary>
    public IReadOnlyList<JsonObject> Lines => [.. Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonNode.Parse(line)!.AsObject())];

    /// <summary>The digest that the last line of <c>run --json</c> ends with.</summary>
    public string Digest => (string)Lines[^1]["digest"]!;

    public EndedProgram Returns(int exitCode)
    {
        Assert.True(ExitCode == exitCode, $"exit code {exitCode} was expected of {this}");
        return this;
    }

    /// <summary>Done, and nothing in stderr that only a programmer understands.</summary>
    public EndedProgram Completes()
    {
        Returns(0);
        return SaysNoStack();
    }

    /// <summary>One clear message: the exit code, the words, no stack trace, and nothing on stdout that is no JSON.</summary>
    public EndedProgram Refuses(int exitCode, params string[] words)
    {
        Returns(exitCode);
        SaysNoStack();
        foreach (string word in words) Assert.True(Error.Contains(word, StringComparison.Ordinal), $"'{word}' was expected in stderr of {this}");
        return this;
    }

    public override string ToString() => $"actortrainer {Command}\nexit code {ExitCode}\nstdout:\n{Output}\nstderr:\n{Error}";

    private EndedProgram SaysNoStack()
    {
        Assert.True(!Error.Contains("   at ", StringComparison.Ordinal) && !Error.Contains("Unexpected error", StringComparison.Ordinal), $"a message for people was expected of {this}");
        return this;
    }
}
