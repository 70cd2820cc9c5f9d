namespace ActorTrainer.Commands;

/// <summary>What the process returns.</summary>
internal static class ExitCode
{
    public const int Done = 0;
    public const int Failed = 1;

    /// <summary>Wrong use or configuration: running it again without a change will not help.</summary>
    public const int Usage = 2;

    /// <summary>Interrupted with everything saved.</summary>
    public const int Interrupted = 130;
}

/// <summary>The command was used wrongly. The message is for a person and says what would be right.</summary>
internal sealed class UsageException(string message) : Exception(message);

/// <summary>The command can't do its work. The message is for a person.</summary>
internal sealed class CommandException(string message, Exception? inner = null) : Exception(message, inner);
