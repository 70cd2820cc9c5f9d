using System.Collections.Immutable;

namespace ActorTrainer.Client;

/// <summary>What kept a request from being done.</summary>
public enum ServiceFailure
{
    /// <summary>The service answered with an error: <see cref="ServiceException.Status"/> says which.</summary>
    Refused,

    /// <summary>No gateway took a connection. Nothing was sent.</summary>
    NotReached,

    /// <summary>The server's certificate is not signed by whom it should be. Nothing was sent.</summary>
    NotTrusted,

    /// <summary>The connection ended, or nothing came for long, before the answer was there. Whether the service did what was asked is not known.</summary>
    Lost,

    /// <summary>The answer is none that this library understands, or what was downloaded is not what the service has.</summary>
    Unreadable,
}

/// <summary>The service refused, or could not be asked. The message is for a person: where the service gave one, its own.</summary>
public sealed class ServiceException : Exception
{
    internal ServiceException(ServiceFailure failure, string message, Exception? inner = null)
        : base(message, inner) => Failure = failure;

    public ServiceFailure Failure { get; }

    /// <summary>HTTP's; null where the service did not answer.</summary>
    public int? Status { get; internal init; }

    /// <summary>What is wrong in an experiment file, each error with its place; empty for anything else.</summary>
    public ImmutableArray<ConfigurationError> Errors { get; internal init; } = [];

    /// <summary>By which the node's own stderr speaks of the request, where something went wrong there; else null.</summary>
    public string? RequestId { get; internal init; }

    /// <summary>After which the service asks to be asked again; null: it does not say.</summary>
    public TimeSpan? RetryAfter { get; internal init; }

    /// <summary>It may go by itself: the same, said later, may succeed.</summary>
    public bool IsPassing => Failure is ServiceFailure.NotReached or ServiceFailure.Lost || Status is 429 or 502 or 503 or 504;
}

/// <summary>One error or warning in an experiment file.</summary>
/// <param name="Path">The full key path, such as <c>experiment.training.phases.0.epochs</c>; empty for a syntax error.</param>
/// <param name="Line">From 1; 0 where there is no place in the file.</param>
/// <param name="Column">From 1, in characters.</param>
/// <param name="Message">What is wrong and what was expected.</param>
/// <param name="Suggestion">The nearest key or value that there is; null: none is near.</param>
/// <param name="SourceLine">The line itself; null where there is none.</param>
public sealed record ConfigurationError(string Path, string File, int Line, int Column, string Message, string? Suggestion, string? SourceLine);
