using System.Diagnostics;

namespace ActorTrainer.Actors.Tracing;

/// <summary>A place in a trace as messages carry it between nodes: W3C Trace Context's <c>traceparent</c> (https://www.w3.org/TR/trace-context/).</summary>
internal static class TraceParent
{
    /// <param name="text">Null, or nothing that can be read: the sender does not trace.</param>
    public static ActivityContext Read(string? text) => ActivityContext.TryParse(text, null, isRemote: true, out var context) ? context : default;
}
