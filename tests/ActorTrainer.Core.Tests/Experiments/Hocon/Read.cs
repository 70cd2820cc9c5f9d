using ActorTrainer.Core.Experiments;
using ActorTrainer.Core.Experiments.Hocon;

namespace ActorTrainer.Core.Tests.Experiments.Hocon;

/// <summary>HOCON text to the canonical text of what it means, or to its problems.</summary>
internal static class Read
{
    public const string File = "/files/main.conf";

    public static string Tree(string text, MemorySources? sources = null)
    {
        var problems = new ProblemLog();
        var root = new HoconReader(sources ?? new MemorySources(), problems).Read(File, File, text);
        Assert.Empty(problems.Errors);
        return HoconWriter.Inline(root!);
    }

    /// <summary>Every error as <c>line:column message</c>.</summary>
    public static string[] Errors(string text, ConfigurationSources? sources = null)
    {
        var problems = new ProblemLog();
        new HoconReader(sources ?? new MemorySources(), problems).Read(File, File, text);
        return [.. problems.Errors.Select(error => $"{error.Line}:{error.Column} {error.Message}")];
    }
}
