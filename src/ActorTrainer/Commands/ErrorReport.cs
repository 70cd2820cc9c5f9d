using System.Data.Common;
using System.Runtime.CompilerServices;
using ActorTrainer.Actors.Journal;
using ActorTrainer.Client;
using ActorTrainer.Core.Checkpoints;
using ActorTrainer.Core.Data;
using ActorTrainer.Core.Training;
using ActorTrainer.Journal;
using ActorTrainer.Core.Gradients;
using ActorTrainer.Hosting;
using Microsoft.Data.Sqlite;

namespace ActorTrainer.Commands;

/// <summary>The one place where an exception becomes a message for a person and an exit code.</summary>
internal sealed record ErrorReport(string Text, int ExitCode)
{
    /// <summary>Set to 1, an unexpected error shows its stack.</summary>
    public const string Variable = "ACTORTRAINER_DEBUG";

    /// <summary>Never null: an unexpected error has a message too, which says how to see more of it.</summary>
    public static ErrorReport Of(Exception e) => e switch
    {
        AggregateException { InnerExceptions: [var only] } => Of(only),
        OperationCanceledException => new("Interrupted.", Commands.ExitCode.Interrupted),
        UsageException or DataException or EngineException or CheckpointNotFoundException or JournalLocationException or CheckpointStoreException => new(e.Message, Commands.ExitCode.Usage),
        ServiceException service => OfService(service),
        CommandException or JournalException or RunBusyException or ExchangeFailedException => new(e.Message, Commands.ExitCode.Failed),
        CheckpointDamagedException => new($"{e.Message}. An older checkpoint can be chosen with NAME@STEP; 'actortrainer show NAME' lists them.", Commands.ExitCode.Failed),
        FileNotFoundException { FileName: { } file } missing when missing.Message.StartsWith("Could not load file or assembly", StringComparison.Ordinal) =>
            new($"{file} is missing next to the program: the installation is incomplete.", Commands.ExitCode.Failed),
        IOException or UnauthorizedAccessException or InvalidDataException => new(e.Message, Commands.ExitCode.Failed),
        _ => OfLibrary(e) ?? Unexpected(e),
    };

    /// <summary>What was refused and would be refused again is the user's to mend.</summary>
    private static ErrorReport OfService(ServiceException e) => e switch
    {
        { Errors.IsEmpty: false } => new(e.Message, Commands.ExitCode.Usage),
        { Failure: ServiceFailure.NotTrusted } => new($"{e.Message} Name the cluster's authority with --authority FILE or ${ServerOptions.AuthorityVariable}.", Commands.ExitCode.Failed),
        { Failure: ServiceFailure.NotReached } => new($"{e.Message} 'actortrainer node' and 'actortrainer serve' start one.", Commands.ExitCode.Failed),
        { Status: 400 or 401 or 403 or 404 or 409 or 413 or 415 or 422 } => new(e.Message, Commands.ExitCode.Usage),
        _ => new(e.Message, Commands.ExitCode.Failed),
    };

    /// <summary>A method of its own, so that only an exception that came this far loads the library that names it.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static ErrorReport? OfLibrary(Exception e) => e switch
    {
        SqliteException { SqliteErrorCode: var code } => new(code switch
        {
            5 or 6 => "The journal is busy: another process has held it for long. Try again in a moment.",
            8 => $"The journal can't be written: {e.Message}",
            11 or 26 => $"The journal is damaged or is no journal: {e.Message}",
            13 => "The disk is full: the journal could not be written.",
            14 => $"The journal can't be opened: {e.Message}",
            _ => $"The journal reports: {e.Message}",
        }, Commands.ExitCode.Failed),
        DbException => new($"The journal's server reports: {e.Message}", Commands.ExitCode.Failed),
        _ => null,
    };

    private static ErrorReport Unexpected(Exception e) => new(
        Environment.GetEnvironmentVariable(Variable) == "1"
            ? e.ToString()
            : $"Unexpected error ({e.GetType().Name}): {e.Message}{Environment.NewLine}Set {Variable}=1 to see where it comes from; a run's own log is in its folder, log.txt ('actortrainer logs NAME').",
        Commands.ExitCode.Failed);
}
