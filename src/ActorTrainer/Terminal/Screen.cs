using Spectre.Console;

namespace ActorTrainer.Terminal;

/// <summary>
/// The two streams and who sits behind them. Results go to <see cref="Out"/>, everything said about the work to <see cref="Error"/>;
/// what moves (bars, counters) only where a terminal is.
/// </summary>
/// <param name="CanAsk">A person can answer a question: input and error are terminals.</param>
internal sealed record Screen(IAnsiConsole Out, IAnsiConsole Error, bool CanAsk)
{
    /// <summary>Columns where there is no terminal to ask: tables are not wrapped for a reader that does not exist.</summary>
    private const int RedirectedWidth = 240;

    public static Screen System() => new(
        Console(global::System.Console.Out, global::System.Console.IsOutputRedirected),
        Console(global::System.Console.Error, global::System.Console.IsErrorRedirected),
        !global::System.Console.IsInputRedirected && !global::System.Console.IsErrorRedirected);

    /// <summary>A screen that nobody sits before.</summary>
    public static Screen Redirected(TextWriter output, TextWriter error) => new(Console(output, true), Console(error, true), false);

    public bool IsLive => Error.Profile.Out.IsTerminal;

    /// <summary>A line of result, exactly as it is: neither wrapped nor coloured.</summary>
    public void Result(string line)
    {
        Out.Profile.Out.Writer.WriteLine(line);
        Out.Profile.Out.Writer.Flush();
    }

    /// <summary>A line about the work, exactly as it is.</summary>
    public void Say(string line)
    {
        Error.Profile.Out.Writer.WriteLine(line);
        Error.Profile.Out.Writer.Flush();
    }

    /// <summary>Asks a person; false where nobody can answer.</summary>
    public bool Confirm(string question) => CanAsk && Error.Prompt(new ConfirmationPrompt(Markup.Escape(question)) { DefaultValue = false });

    private static IAnsiConsole Console(TextWriter writer, bool redirected)
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new AnsiConsoleOutput(writer),
            Ansi = redirected ? AnsiSupport.No : AnsiSupport.Detect,
            ColorSystem = redirected ? ColorSystemSupport.NoColors : ColorSystemSupport.Detect,
            Interactive = redirected ? InteractionSupport.No : InteractionSupport.Detect,
        });
        if (redirected) console.Profile.Width = RedirectedWidth;
        return console;
    }
}
