namespace ActorTrainer.Serving;

/// <summary>Why a request is not answered.</summary>
internal enum ServingProblem
{
    /// <summary>Too much waits already: try again in a moment.</summary>
    Busy,

    /// <summary>Its time was over before its turn came.</summary>
    Late,

    /// <summary>What was sent is no picture that is taken here.</summary>
    Unreadable,

    /// <summary>The model can't be loaded.</summary>
    Unavailable,
}

/// <summary>A prediction that could not be given. The message is for a person.</summary>
internal sealed class ServingException(ServingProblem problem, string message) : Exception(message)
{
    public ServingProblem Problem => problem;

    public static ServingException Busy() => new(ServingProblem.Busy, "More requests wait than are taken. Try again in a moment.");

    public static ServingException Late(TimeSpan patience) => new(ServingProblem.Late, FormattableString.Invariant($"No answer within {patience.TotalSeconds:0.######} s, which is what the request allows."));
}
