using System.Diagnostics;

namespace ActorTrainer.Actors.Tracing;

/// <summary>
/// Spans of the product's work, for whoever listens; where nobody does there are none, and asking costs one comparison. Names and tags are a contract.
/// A span never becomes its thread's current one: an actor's thread goes on with other actors' messages, and a span outlives the message that began it.
/// </summary>
internal static class ProductTracing
{
    private static readonly ActivitySource Source = new(TraceNames.Product);

    public static bool IsOn => Source.HasListeners();

    /// <param name="parent">Default: it is the first of its trace. With a trace and no span: the first of that trace.</param>
    /// <param name="at">When it began; null: now.</param>
    /// <returns>Null: nobody listens, or the trace is not taken.</returns>
    public static Activity? Begin(string name, ActivityContext parent = default, DateTimeOffset? at = null, IEnumerable<ActivityLink>? links = null)
    {
        if (!Source.HasListeners()) return null;
        var current = Activity.Current;
        Activity.Current = null;        // else it would be the parent of one that has none
        var span = Source.StartActivity(name, ActivityKind.Internal, parent, null, links, at ?? default);
        Activity.Current = current;
        return span;
    }

    /// <param name="problem">For a person; null: it went well.</param>
    /// <param name="at">Null: now.</param>
    public static void End(this Activity span, string? problem = null, DateTimeOffset? at = null)
    {
        if (problem is not null) span.SetStatus(ActivityStatusCode.Error, problem);
        if (at is { } end) span.SetEndTime(end.UtcDateTime);
        var current = Activity.Current;
        span.Stop();
        Activity.Current = current;
    }
}

public static class TraceNames
{
    public const string Product = "actortrainer";

    public const string Experiment = "experiment", Generation = "generation", Step = "step", Checkpoint = "checkpoint", Evaluation = "evaluation", Batch = "batch", Forward = "forward";
}
