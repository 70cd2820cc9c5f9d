using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace ActorTrainer.Commands;

/// <summary>The library's help, then how the command is used in practice. A command of a group has those of the group's examples that are of it.</summary>
internal sealed class HelpWithExamples(HelpAction help, IReadOnlyDictionary<Command, string[]> examples) : SynchronousCommandLineAction
{
    public override bool ClearsParseErrors => true;

    public override int Invoke(ParseResult parseResult)
    {
        int code = help.Invoke(parseResult);
        if (ExamplesOf(parseResult.CommandResult.Command) is { Length: > 0 } lines)
        {
            var output = parseResult.InvocationConfiguration.Output;
            output.WriteLine(lines.Length == 1 ? "Example:" : "Examples:");
            foreach (string line in lines) output.WriteLine("  " + line);
            output.WriteLine();
        }

        return code;
    }

    private string[] ExamplesOf(Command command)
    {
        if (examples.TryGetValue(command, out string[]? own)) return own;
        string begin = string.Join(' ', CommandTree.Path(command)) + ' ';
        return [.. command.Parents.OfType<Command>().SelectMany(ExamplesOf).Where(line => line.StartsWith(begin, StringComparison.Ordinal))];
    }
}
